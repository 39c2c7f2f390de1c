import { AppError } from '../errors.ts';
import type { Catalog } from './catalog/load-catalog.ts';
import type { ProviderKind } from './catalog/provider-settings.rules.ts';
import { resolveTargets, type Target, type Targets } from './catalog/resolve-targets.ts';
import type { ChatInput } from './chat-schemas.ts';
import type { ModelRequest } from './gateway/attempt.ts';
import type { Json } from './gateway/loose.rules.ts';

/** What the operator sets to switch a provider on. */
const switchedOnBy = new Map<string, string>(
  Object.entries({ openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY', deepseek: 'DEEPSEEK_API_KEY', 'openai-compatible': 'OPENAI_COMPATIBLE_BASE_URL' } satisfies Record<ProviderKind, string>),
);

/**
 * Who may answer a chat: the model at the provider that is asked for, or else at whichever serves it; without a model the provider's default.
 * While none is set up the demo answers whatever is asked for, so that a site can be tried before a key is bought. `now` in epoch ms.
 * Throws PROVIDER_NOT_CONFIGURED and INVALID_REQUEST that say what to set, and what resolveTargets throws.
 */
export function chatTargets(catalog: Catalog, { provider: wanted, model }: Pick<ChatInput, 'provider' | 'model'>, allowedModels: readonly string[] | undefined, now: number): Targets {
  const { upstreams, aliases, isDemo } = catalog;
  const resolve = (name: string) => resolveTargets(catalog, { model: name, protocol: 'openai', allowedModels }, now);
  const upstream = wanted === undefined ? upstreams[0] : upstreams.find(({ name }) => name === wanted);
  if (wanted !== undefined && !upstream && !(isDemo && isKnown(wanted))) throw notConfigured(wanted, upstreams.map(({ name }) => name));
  if (!upstream) return resolve(model ?? 'demo');
  if (model !== undefined) return resolve(wanted === undefined || aliases.has(model) ? model : `${upstream.name}/${model}`);
  if (upstream.defaultModel !== undefined) return resolve(`${upstream.name}/${upstream.defaultModel}`);
  throw new AppError('INVALID_REQUEST', `body.model: name the model; this server has no default for ${upstream.name} (its operator can set one: ${upstream.face.modelVariable})`, { field: 'body.model' });
}

function isKnown(provider: string): boolean {
  return provider === 'demo' || switchedOnBy.has(provider);
}

function notConfigured(wanted: string, available: string[]): AppError {
  const advice = wanted === 'demo' ? 'The demo answers only while no provider is set up.' : `Its operator switches it on with ${switchedOnBy.get(wanted)}.`;
  if (!isKnown(wanted)) return new AppError('INVALID_REQUEST', `body.api_provider: there is no provider "${wanted}"; ask for one of: ${(available.length > 0 ? available : [...switchedOnBy.keys()]).join(', ')}`, { field: 'body.api_provider' });
  return new AppError('PROVIDER_NOT_CONFIGURED', `The provider "${wanted}" is not set up on this server; ask for one of: ${available.join(', ')}. ${advice}`, { field: 'body.api_provider' });
}

/** The chat as a chat completion request for this target. */
export function completionRequest({ messages, temperature, maxTokens, stream }: ChatInput, { model, upstream }: Target): ModelRequest {
  // OpenAI itself counts reasoning in max_completion_tokens and refuses max_tokens for newer models; the others know max_tokens only.
  const maxTokensField = upstream?.kind === 'openai' ? 'max_completion_tokens' : 'max_tokens';
  const body: Json = {
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    // DeepSeek thinks by default, wants its thoughts back in the next turn and counts them against max_tokens; a chat of plain texts can do neither.
    ...(upstream?.kind === 'deepseek' ? { thinking: { type: 'disabled' } } : {}),
  };
  return { caller: 'openai', path: '/chat/completions', query: '', headers: { 'content-type': 'application/json' }, body, bytes: Buffer.from(JSON.stringify(body)), maxOutput: undefined, passBack: false };
}
