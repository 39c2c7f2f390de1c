import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { askForModels } from '../gateway/list-models.ts';
import { openUpstream } from '../gateway/upstreams.ts';
import { isMetadataAddress } from './provider-address.rules.ts';
import type { ProviderSettings } from './provider-settings.rules.ts';

/** How a provider answered when it was asked for its models. */
export type ProviderTest =
  | { outcome: 'works'; models: number; hasDefaultModel: boolean }
  | { outcome: 'refused' | 'nothing-there' | 'unreadable' | 'timeout' | 'unreachable' | 'metadata' }
  | { outcome: 'failed'; status: number };

const longestTestMs = 8_000;

/** Asks a provider for its models, once. Never throws for what the provider or the way to it does. */
export async function testProvider(settings: ProviderSettings): Promise<ProviderTest> {
  const { hostname } = new URL(settings.baseUrl);
  if (await leadsToMetadata(hostname.replace(/^\[|\]$/g, ''))) return { outcome: 'metadata' };
  const upstream = openUpstream(settings);
  try {
    const models = await askForModels(upstream, longestTestMs);
    return { outcome: 'works', models: models.length, hasDefaultModel: settings.defaultModel === undefined || models.some(({ id }) => id === settings.defaultModel) };
  } catch (error) {
    return failureOf(error);
  } finally {
    upstream.close();
  }
}

function failureOf(error: unknown): ProviderTest {
  const status = error instanceof Error ? Number(/^status (\d{3})$/.exec(error.message)?.[1] ?? 0) : 0;
  if (status === 401 || status === 403) return { outcome: 'refused' };
  if (status === 404 || status === 405) return { outcome: 'nothing-there' };
  if (status !== 0) return { outcome: 'failed', status };
  if (error instanceof Error && error.name === 'TimeoutError') return { outcome: 'timeout' };
  return { outcome: error instanceof SyntaxError || (error instanceof Error && 'field' in error) ? 'unreadable' : 'unreachable' };
}

async function leadsToMetadata(host: string): Promise<boolean> {
  if (isIP(host) !== 0) return isMetadataAddress(host);
  try {
    return (await lookup(host, { all: true })).some(({ address }) => isMetadataAddress(address));
  } catch {
    // A name that nobody knows: the attempt to ask it will say so.
    return false;
  }
}
