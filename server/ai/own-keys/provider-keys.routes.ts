import type { Response } from 'express';
import { z } from 'zod';
import type { Actor } from '../../audit/record-audit.ts';
import type { Deps } from '../../deps.ts';
import { knownLicense, usableLicense } from '../../http/license-auth.ts';
import { licenseKeyHeader } from '../../http/license-key.ts';
import { limitByAddress } from '../../http/rate-limit.ts';
import { route, type Route } from '../../http/route.ts';
import { apiKeyText, ownProviderNames } from './own-providers.rules.ts';
import { readProviderKeys, removeProviderKey, saveProviderKey, type KeyFacts } from './save-provider-key.ts';

const params = z.object({ provider: z.enum(ownProviderNames, { error: `must be one of: ${ownProviderNames.join(', ')}` }).meta({ example: 'openai' }) });
const keyBody = z.object({
  api_key: apiKeyText.meta({ description: 'The key of your account at the provider. It is tested, stored encrypted, and never shown again.', example: 'sk-proj-…' }),
  base_url: z.string().max(2_000).nullish().meta({ description: 'Where the API is, if not at the provider itself: https, on the internet. Needed for `openai-compatible`.', example: 'https://ai.example.com/v1' }),
});
const keyShape = z
  .object({
    provider: z.enum(ownProviderNames),
    key_hint: z.string().meta({ description: 'The last four characters of the key; empty for a short one.', example: 'x7Qa' }),
    base_url: z.string().nullable().meta({ description: 'Null: that of the provider itself.', example: null }),
    tested_at: z.iso.datetime(), created_at: z.iso.datetime(), updated_at: z.iso.datetime(),
  })
  .meta({ id: 'ProviderKey' });

/** A customer's own keys at AI providers: what is asked for with this licence goes out with them. */
export function providerKeyRoutes(deps: Deps): Route[] {
  const { db, vault, now } = deps;
  const common = { tag: 'AI', auth: 'license', headers: licenseKeyHeader } as const;

  const list = route(
    {
      ...common, method: 'get', path: '/api/v1/provider-keys', operationId: 'listProviderKeys', summary: 'Your own keys at AI providers',
      description: 'The keys themselves are never shown. Works for expired and suspended licences too.', before: [limitByAddress(300)],
      responses: { 200: { description: 'The keys.', schema: z.object({ provider_keys: z.array(keyShape) }) } }, errors: ['LICENSE_INVALID'],
    },
    async ({ headers }) => {
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, now());
      return { body: { provider_keys: (await readProviderKeys(db, license.id)).map(keyOf) } };
    },
  );
  const save = route(
    {
      ...common, method: 'put', path: '/api/v1/provider-keys/:provider', operationId: 'saveProviderKey', summary: 'Use your own account at a provider',
      description: 'AI requests with this licence for models of this provider go out with this key, also on plans without the AI proxy. The key is tested first, by asking the provider for its models; one that it refuses is not saved. It takes the place of the one before.',
      params, body: keyBody, before: [limitByAddress(20)],
      responses: { 200: { description: 'The key is saved.', schema: keyShape } },
      errors: ['LICENSE_INVALID', 'LICENSE_REFUSED', 'PROVIDER_KEY_REFUSED', 'PROVIDER_FAILED', 'PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT'],
    },
    async ({ headers, params: { provider }, body, res }) => {
      const license = await usableLicense(db, vault, { key: headers['x-license-key'] }, now());
      return { body: keyOf(await saveProviderKey(deps, { licenseId: license.id, provider, apiKey: body.api_key, baseUrl: body.base_url ?? undefined }, holder(res))) };
    },
  );
  const remove = route(
    {
      ...common, method: 'delete', path: '/api/v1/provider-keys/:provider', operationId: 'deleteProviderKey', summary: 'Forget your key at a provider',
      description: 'Works in every state of the licence and may be repeated; `deleted` says whether there was a key.', params, before: [limitByAddress(60)],
      responses: { 200: { description: 'Done.', schema: z.object({ provider: z.enum(ownProviderNames), deleted: z.boolean() }) } }, errors: ['LICENSE_INVALID'],
    },
    async ({ headers, params: { provider }, res }) => {
      const at = now();
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, at);
      return { body: { provider, deleted: await removeProviderKey(db, license.id, provider, holder(res), at) } };
    },
  );
  return [list, save, remove];
}

/** Whoever holds the licence key: most often a site. */
function holder(res: Response): Actor {
  return { actor: 'site', requestId: res.locals['requestId'] as string };
}

function keyOf({ provider, key_hint, base_url, tested_at, created_at, updated_at }: KeyFacts): object {
  const iso = (at: number) => new Date(at).toISOString();
  return { provider, key_hint, base_url, tested_at: iso(tested_at), created_at: iso(created_at), updated_at: iso(updated_at) };
}
