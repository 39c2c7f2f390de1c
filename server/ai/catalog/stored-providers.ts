import { isDeepStrictEqual } from 'node:util';
import type { Vault } from '../../vault.ts';
import type { PriceRow, ProviderRow } from './catalog.store.ts';
import type { ModelPrice } from './find-price.rules.ts';
import { providerKinds, type ProviderSettings } from './provider-settings.rules.ts';

/** Where a provider's key is sealed. */
export function providerKeyAad(id: string): string {
  return `ai_providers.key_cipher.${id}`;
}

/** A provider as the dashboard has set it up. Throws when its key cannot be opened. */
export function settingsOfRow(row: ProviderRow, vault: Pick<Vault, 'open'>): ProviderSettings {
  const { name, title, kind, base_url: baseUrl, key_cipher: cipher, key_id: keyId, default_model: defaultModel } = row;
  const apiKey = cipher === null || keyId === null ? undefined : vault.open({ keyId, cipher }, providerKeyAad(row.id));
  const known = providerKinds.find((candidate) => candidate === kind);
  if (known === undefined) throw new Error(`the provider "${name}" is of a kind that this version does not know: ${kind}`);
  return { name, title, kind: known, baseUrl, apiKey, defaultModel: defaultModel ?? undefined, source: 'dashboard' };
}

/** Whether two settings lead to the same connections. */
export function sameSettings(a: ProviderSettings, b: ProviderSettings): boolean {
  return isDeepStrictEqual(a, b);
}

export function priceOfRow(row: PriceRow): ModelPrice {
  const { version, provider, model, service_tier: serviceTier, min_input_tokens: minInputTokens, input, cached_input: cachedInput, cache_write: cacheWrite, output, reasoning, characters, audio_minute: audioMinute } = row;
  return { version, provider, model, serviceTier, minInputTokens, input, cachedInput, cacheWrite, output, reasoning, characters, audioMinute };
}
