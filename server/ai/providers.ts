import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { anthropicProvider } from './anthropic-provider.ts';
import { demoProvider } from './demo-provider.ts';
import { openAiProvider } from './openai-provider.ts';
import type { Provider, ProviderName } from './provider.ts';

/** What the operator sets to switch a provider on. */
const switchedOnBy: Record<Exclude<ProviderName, 'demo'>, string> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  'openai-compatible': 'OPENAI_COMPATIBLE_BASE_URL',
};
// The limits of our own come first; the SDK's is there in case they do not.
const sdkTimeoutMarginMs = 10_000;

const made = new WeakMap<Config, Provider[]>();

/** The providers that the configuration switches on, the default one first; the demo when it switches on none. */
export function providersOf(config: Config): Provider[] {
  let providers = made.get(config);
  if (!providers) {
    const real = makeProviders(config);
    providers = real.length > 0 ? real : [demoProvider];
    made.set(config, providers);
  }
  return providers;
}

function makeProviders(config: Config): Provider[] {
  const timeoutMs = config.AI_MAX_DURATION_MS + sdkTimeoutMarginMs;
  const providers: Provider[] = [];
  if (config.OPENAI_API_KEY !== undefined) {
    const variables = { keyVariable: 'OPENAI_API_KEY', addressVariable: 'OPENAI_BASE_URL', modelVariable: 'OPENAI_MODEL' };
    providers.push(openAiProvider({ name: 'openai', title: 'OpenAI', baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY, defaultModel: config.OPENAI_MODEL, ...variables, timeoutMs, maxTokensField: 'max_completion_tokens' }));
  }
  if (config.ANTHROPIC_API_KEY !== undefined) {
    providers.push(anthropicProvider({ baseUrl: config.ANTHROPIC_BASE_URL, apiKey: config.ANTHROPIC_API_KEY, defaultModel: config.ANTHROPIC_MODEL, timeoutMs }));
  }
  if (config.DEEPSEEK_API_KEY !== undefined) {
    const variables = { keyVariable: 'DEEPSEEK_API_KEY', addressVariable: 'DEEPSEEK_BASE_URL', modelVariable: 'DEEPSEEK_MODEL' };
    // DeepSeek thinks by default, wants its thoughts back in the next turn and counts them against max_tokens; a chat of plain texts can do neither.
    const extra = { thinking: { type: 'disabled' } };
    providers.push(openAiProvider({ name: 'deepseek', title: 'DeepSeek', baseUrl: config.DEEPSEEK_BASE_URL, apiKey: config.DEEPSEEK_API_KEY, defaultModel: config.DEEPSEEK_MODEL, ...variables, timeoutMs, maxTokensField: 'max_tokens', extra }));
  }
  if (config.OPENAI_COMPATIBLE_BASE_URL !== undefined) {
    const variables = { keyVariable: 'OPENAI_COMPATIBLE_API_KEY', addressVariable: 'OPENAI_COMPATIBLE_BASE_URL', modelVariable: 'OPENAI_COMPATIBLE_MODEL' };
    providers.push(openAiProvider({ name: 'openai-compatible', title: 'The OpenAI-compatible server', baseUrl: config.OPENAI_COMPATIBLE_BASE_URL, apiKey: config.OPENAI_COMPATIBLE_API_KEY, defaultModel: config.OPENAI_COMPATIBLE_MODEL, ...variables, timeoutMs, maxTokensField: 'max_tokens' }));
  }
  return providers;
}

/**
 * The provider that is asked for, or the first one. While none is set up the demo answers whatever is asked for, so that a site can be
 * tried before a key is bought. Throws PROVIDER_NOT_CONFIGURED that names the variable to set.
 */
export function chooseProvider(config: Config, wanted: ProviderName | undefined): Provider {
  const providers = providersOf(config);
  const [first] = providers;
  if (first && (wanted === undefined || first.name === 'demo')) return first;
  const found = providers.find(({ name }) => name === wanted);
  if (found) return found;
  const available = providers.map(({ name }) => name).join(', ');
  const advice = wanted === undefined || wanted === 'demo' ? 'The demo answers only while no provider is set up.' : `Its operator switches it on with ${switchedOnBy[wanted]}.`;
  throw new AppError('PROVIDER_NOT_CONFIGURED', `The provider "${wanted}" is not set up on this server; ask for one of: ${available}. ${advice}`, { field: 'body.api_provider' });
}
