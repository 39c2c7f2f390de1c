import type { Protocol } from './wire.rules.ts';

export const upstreamNames = ['openai', 'anthropic', 'deepseek', 'openai-compatible', 'demo'] as const;
export type UpstreamName = (typeof upstreamNames)[number];
/** Who is asked, and for what: the provider's own name of the model. */
export type Target = { provider: UpstreamName; model: string };

/** Names that belong to one provider, wherever they are asked for. */
const families: [RegExp, UpstreamName][] = [
  [/^claude/, 'anthropic'],
  [/^deepseek/, 'deepseek'],
  [/^(gpt|chatgpt|codex|o\d|text-embedding|computer-use)/, 'openai'],
];

export function protocolOf(provider: UpstreamName): Protocol {
  return provider === 'anthropic' ? 'anthropic' : 'openai';
}

/**
 * Which of the available providers serves a model. `PROVIDER/MODEL` names it; otherwise the model's name does; otherwise it is the
 * OpenAI-compatible server, or else the first that speaks the caller's protocol. The demo takes every name. Undefined when nobody serves it.
 */
export function routeModel(model: string, available: UpstreamName[], caller: Protocol): Target | undefined {
  if (available.includes('demo')) return { provider: 'demo', model: 'demo' };
  const slash = model.indexOf('/');
  const prefix = slash === -1 ? undefined : upstreamNames.find((name) => name === model.slice(0, slash).toLowerCase().replaceAll('_', '-'));
  if (prefix && prefix !== 'demo' && available.includes(prefix)) return slash + 1 < model.length ? { provider: prefix, model: model.slice(slash + 1) } : undefined;
  // A compatible server may call its own models deepseek-r1, or openai/gpt-oss.
  const name = model.toLowerCase().replace(/^ft:/, '');
  const family = prefix ?? families.find(([pattern]) => pattern.test(name))?.[1];
  if (family && available.includes(family)) return { provider: family, model };
  if (available.includes('openai-compatible')) return { provider: 'openai-compatible', model };
  if (family || model === 'demo') return undefined;
  const provider = available.find((candidate) => protocolOf(candidate) === caller) ?? available[0];
  return provider && { provider, model };
}

/** The name under which a provider's model is listed: one that leads back to it. */
export function listedName({ provider, model }: Target, available: UpstreamName[], caller: Protocol): string {
  const target = routeModel(model, available, caller);
  return target?.provider === provider && target.model === model ? model : `${provider}/${model}`;
}
