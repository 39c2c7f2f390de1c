import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { routeModel, type UpstreamName } from './route-model.rules.ts';
import { upstreamsOf, type Upstream } from './upstreams.ts';
import type { Protocol } from './wire.rules.ts';

/** Who may answer a request. `model` is the provider's own name of it. Without an upstream it is the demo. */
export type Target = { provider: UpstreamName; model: string; upstream: Upstream | undefined };

/** Who serves a model, in the order in which they are asked: at least one. Throws MODEL_UNKNOWN. */
export function resolveTargets(config: Config, model: string, protocol: Protocol): [Target, ...Target[]] {
  const upstreams = upstreamsOf(config);
  const available = upstreams.length === 0 ? (['demo'] as const) : upstreams.map(({ name }) => name);
  const target = routeModel(model, [...available], protocol);
  if (!target) throw new AppError('MODEL_UNKNOWN', `No provider of this server offers the model "${model.slice(0, 120)}". GET /v1/models lists those that are offered.`, { field: 'body.model' });
  return [{ ...target, upstream: upstreams.find(({ name }) => name === target.provider) }];
}

/** The target's provider, for people. */
export function titleOf({ upstream }: Target): string {
  return upstream?.face.title ?? 'The demo provider';
}
