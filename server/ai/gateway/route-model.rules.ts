import { protocolOf, providerKinds, type ProviderKind } from '../catalog/provider-settings.rules.ts';
import type { Protocol } from './wire.rules.ts';

/** A provider that can be asked. */
export type Candidate = { name: string; kind: ProviderKind };
/** Who is asked, and for what: the provider's own name of the model. */
export type ModelRoute = { provider: string; model: string };

/** Names that belong to providers of one kind, wherever they are asked for. */
const families: [RegExp, ProviderKind][] = [
  [/^claude/, 'anthropic'],
  [/^deepseek/, 'deepseek'],
  [/^(gpt|chatgpt|codex|o\d|text-embedding|whisper|tts-|computer-use)/, 'openai'],
];

/**
 * Which of the available providers serves a model. `PROVIDER/MODEL` names it; otherwise the model's name does; otherwise it is the first
 * OpenAI-compatible server, or else the first that speaks the caller's protocol. Undefined when nobody serves it.
 */
export function routeModel(model: string, available: readonly Candidate[], caller: Protocol): ModelRoute | undefined {
  const slash = model.indexOf('/');
  const prefix = slash === -1 ? undefined : model.slice(0, slash).toLowerCase().replaceAll('_', '-');
  if (prefix !== undefined && available.some(({ name }) => name === prefix)) return slash + 1 < model.length ? { provider: prefix, model: model.slice(slash + 1) } : undefined;
  // A compatible server may call its own models deepseek-r1, or openai/gpt-oss.
  const name = model.toLowerCase().replace(/^ft:/, '');
  const family = providerKinds.find((kind) => kind === prefix) ?? families.find(([pattern]) => pattern.test(name))?.[1];
  const own = available.find(({ kind }) => kind === family) ?? available.find(({ kind }) => kind === 'openai-compatible');
  if (own) return { provider: own.name, model };
  if (family || model === 'demo') return undefined;
  const any = available.find(({ kind }) => protocolOf(kind) === caller) ?? available[0];
  return any && { provider: any.name, model };
}

/** The name under which a provider's model is listed: one that leads back to it. */
export function listedName({ provider, model }: ModelRoute, available: readonly Candidate[], caller: Protocol): string {
  const route = routeModel(model, available, caller);
  return route?.provider === provider && route.model === model ? model : `${provider}/${model}`;
}
