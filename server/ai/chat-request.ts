import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { ModelRequest } from './gateway/attempt.ts';
import type { Json } from './gateway/loose.rules.ts';
import { resolveTargets, type Target } from './gateway/targets.ts';
import { upstreamsOf } from './gateway/upstreams.ts';
import type { ChatInput, ProviderName } from './chat-schemas.ts';

/** What the operator sets to switch a provider on. */
const switchedOnBy: Record<Exclude<ProviderName, 'demo'>, string> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  'openai-compatible': 'OPENAI_COMPATIBLE_BASE_URL',
};

/**
 * Who may answer a chat: those of the model, at the provider that is asked for or else at whichever serves it; without a model the
 * provider's default. While none is set up the demo answers whatever is asked for, so that a site can be tried before a key is bought.
 * Throws PROVIDER_NOT_CONFIGURED and INVALID_REQUEST that name the variable to set, and MODEL_UNKNOWN.
 */
export function chatTargets(config: Config, { provider: wanted, model }: Pick<ChatInput, 'provider' | 'model'>): [Target, ...Target[]] {
  const upstreams = upstreamsOf(config);
  const upstream = wanted === undefined ? upstreams[0] : upstreams.find(({ name }) => name === wanted);
  if (upstreams.length === 0) return resolveTargets(config, 'demo', 'openai');
  if (!upstream) throw notConfigured(wanted as ProviderName, upstreams.map(({ name }) => name));
  if (model === undefined && upstream.defaultModel === undefined) {
    throw new AppError('INVALID_REQUEST', `body.model: name the model; this server has no default for ${upstream.name} (its operator can set one with ${upstream.face.modelVariable})`, { field: 'body.model' });
  }
  if (model !== undefined && wanted === undefined) return resolveTargets(config, model, 'openai');
  return resolveTargets(config, `${upstream.name}/${model ?? upstream.defaultModel}`, 'openai');
}

function notConfigured(wanted: ProviderName, available: string[]): AppError {
  const advice = wanted === 'demo' ? 'The demo answers only while no provider is set up.' : `Its operator switches it on with ${switchedOnBy[wanted]}.`;
  return new AppError('PROVIDER_NOT_CONFIGURED', `The provider "${wanted}" is not set up on this server; ask for one of: ${available.join(', ')}. ${advice}`, { field: 'body.api_provider' });
}

/** The chat as a chat completion request for this target. */
export function completionRequest({ messages, temperature, maxTokens, stream }: ChatInput, { model, upstream }: Target): ModelRequest {
  // OpenAI itself counts reasoning in max_completion_tokens and refuses max_tokens for newer models; the others know max_tokens only.
  const maxTokensField = upstream?.name === 'openai' ? 'max_completion_tokens' : 'max_tokens';
  const body: Json = {
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    // DeepSeek thinks by default, wants its thoughts back in the next turn and counts them against max_tokens; a chat of plain texts can do neither.
    ...(upstream?.name === 'deepseek' ? { thinking: { type: 'disabled' } } : {}),
  };
  return { caller: 'openai', path: '/chat/completions', query: '', headers: { 'content-type': 'application/json' }, body, bytes: Buffer.from(JSON.stringify(body)), passBack: false };
}
