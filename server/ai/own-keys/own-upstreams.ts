import type { Config } from '../../config.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { publicConnect } from '../../http/public-address.ts';
import { openUpstream, type Upstream } from '../gateway/upstreams.ts';
import { endpointBase, ownProviderNames, ownProviders, type OwnProviderName } from './own-providers.rules.ts';
import type { ProviderKey } from './provider-keys.store.ts';
import { openProviderKey } from './seal-provider-key.ts';

const maxOpen = 200;
const open = new WeakMap<Db, Map<string, Upstream>>();

/**
 * The connections of a customer's own key, as the provider `name`. The 200 that were used last stay open; a key that was changed has new ones.
 * They are made to the internet only. Throws when the key cannot be opened.
 */
export function ownUpstream({ db, vault, config }: Pick<Deps, 'db' | 'vault' | 'config'>, key: ProviderKey & { provider: OwnProviderName }, name: string): Upstream {
  let upstreams = open.get(db);
  if (!upstreams) {
    upstreams = new Map();
    open.set(db, upstreams);
  }
  // No two ciphertexts are the same, so neither are those of two keys.
  const place = [name, key.license_id, key.base_url, Buffer.from(key.key_cipher).toString('base64')].join('\n');
  const upstream = upstreams.get(place) ?? connect(config, key, name, openProviderKey(vault, key));
  upstreams.delete(place);
  upstreams.set(place, upstream);
  const [oldest] = upstreams;
  if (oldest && upstreams.size > maxOpen) {
    upstreams.delete(oldest[0]);
    oldest[1].close();
  }
  return upstream;
}

/** Whether this version knows the provider of a stored key. */
export function isOfKnownProvider(key: ProviderKey): key is ProviderKey & { provider: OwnProviderName } {
  return ownProviderNames.some((name) => name === key.provider);
}

function connect(config: Config, { provider: kind, base_url: baseUrl }: { provider: OwnProviderName; base_url: string | null }, name: string, apiKey: string): Upstream {
  const defaultModels: Record<OwnProviderName, string | undefined> = { openai: config.OPENAI_MODEL, anthropic: config.ANTHROPIC_MODEL, deepseek: config.DEEPSEEK_MODEL, 'openai-compatible': undefined };
  const { title, baseUrl: usualUrl } = ownProviders[kind];
  const address = baseUrl ?? usualUrl;
  if (address === undefined) throw new Error(`a provider key of the kind ${kind} has no address`);
  return openUpstream({ name, title, kind, baseUrl: endpointBase(kind, address), apiKey, defaultModel: defaultModels[kind], source: 'customer' }, publicConnect(config.ALLOWED_PRIVATE_HOSTS));
}
