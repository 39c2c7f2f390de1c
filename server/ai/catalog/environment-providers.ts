import type { Config } from '../../config.ts';
import type { ProviderSettings } from './provider-settings.rules.ts';

/** The providers that the environment switches on, in the order in which they are preferred. */
export function environmentProviders(config: Config): ProviderSettings[] {
  const source = 'environment' as const;
  const providers: ProviderSettings[] = [];
  if (config.OPENAI_API_KEY !== undefined) providers.push({ name: 'openai', title: 'OpenAI', kind: 'openai', baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY, defaultModel: config.OPENAI_MODEL, source });
  if (config.ANTHROPIC_API_KEY !== undefined) providers.push({ name: 'anthropic', title: 'Anthropic', kind: 'anthropic', baseUrl: `${config.ANTHROPIC_BASE_URL}/v1`, apiKey: config.ANTHROPIC_API_KEY, defaultModel: config.ANTHROPIC_MODEL, source });
  if (config.DEEPSEEK_API_KEY !== undefined) providers.push({ name: 'deepseek', title: 'DeepSeek', kind: 'deepseek', baseUrl: config.DEEPSEEK_BASE_URL, apiKey: config.DEEPSEEK_API_KEY, defaultModel: config.DEEPSEEK_MODEL, source });
  if (config.OPENAI_COMPATIBLE_BASE_URL !== undefined) {
    providers.push({ name: 'openai-compatible', title: 'The OpenAI-compatible server', kind: 'openai-compatible', baseUrl: config.OPENAI_COMPATIBLE_BASE_URL, apiKey: config.OPENAI_COMPATIBLE_API_KEY, defaultModel: config.OPENAI_COMPATIBLE_MODEL, source });
  }
  return providers;
}
