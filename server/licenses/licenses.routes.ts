import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { releaseSite } from './activate-site.ts';
import { activationSecretDigest, renewActivationSecret } from './activation-secret.ts';
import { fingerprint } from './device.rules.ts';
import { verdictCodes } from './judge-license.rules.ts';
import { lookupKey } from './license-key.rules.ts';
import { findLicenseByDigest } from './licenses.store.ts';
import { deviceActor, siteActor } from './place-actor.ts';
import { siteOf } from './site-of.ts';
import { validateLicense } from './validate-license.ts';
import { verdictBody } from './verdict-body.ts';

const domain = z.string().max(2_000).meta({ description: 'The address of the site, with or without scheme.', example: 'https://shop.example.com' });
const environment = z.string().max(40).meta({ description: 'What WordPress says of the site (wp_get_environment_type).', example: 'production' });
const activationSecret = z.string().max(100).meta({ description: 'What the site has got when it was activated with `with_secret`. A site that has one must send it.' });
const scope = {
  environment: environment.optional(),
  product: z.string().max(64).optional().meta({ description: 'Product code.', example: 'chatello' }),
  version: z.string().max(32).optional().meta({ description: 'Version of the product that asks.', example: '2.4.1' }),
};

export const verdict = z
  .object({
    valid: z.boolean(),
    code: z.enum(verdictCodes).meta({ example: 'VALID' }),
    message: z.string().meta({ description: 'The verdict as a sentence for a person.', example: 'The licence is valid (Pro).' }),
    status: z.enum(['pending', 'active', 'suspended', 'expired', 'cancelled']).nullable().meta({ description: 'Null: the key is not known.', example: 'active' }),
    plan: z.object({ code: z.string().meta({ example: 'pro' }), name: z.string().meta({ example: 'Pro' }) }).nullable(),
    product: z.string().nullable().meta({ example: 'chatello' }),
    features: z.array(z.string()).meta({ description: 'What the licence allows just now; empty when it is not valid.', example: ['assistant', 'updates', 'ai_proxy'] }),
    modules: z
      .array(z.object({ code: z.string().meta({ example: 'assistant' }), max_version: z.string().nullable().meta({ description: 'The newest version of the module that is covered; null: every version.', example: null }), expires_at: z.iso.datetime().nullable().meta({ description: 'When the module ends before the licence does; null: with the licence.', example: null }) }))
      .meta({ description: 'The same with versions: the modules of the plan, and those that this licence has beside them.' }),
    expires_at: z.iso.datetime().nullable().meta({ description: 'Null: never.' }),
    limits: z.object({ sites: z.int().meta({ description: 'Sites that are no copies and devices, together.' }), staging_sites: z.int(), requests_per_month: z.int(), requests_per_hour: z.int() }).nullable(),
    usage: z.object({ sites: z.int().meta({ description: 'Places taken: by sites that are no copies, and by devices.' }), requests_this_month: z.int() }).nullable(),
    activation: z
      .object({
        site: z.string().meta({ example: 'shop.example.com' }), kind: z.enum(['production', 'staging']), created_at: z.iso.datetime(),
        secret: z.string().optional().meta({ description: 'Told once, to a site that has asked for it (`with_secret`).', example: 'cas_6fW3nHq0m1Zr8yJk2bT5vXc9sLd4gPa7uEo1iRw3QhM' }),
      })
      .nullable(),
    device: z.object({ fingerprint: z.string().meta({ example: '4f1c2d9ab07e53c1' }), name: z.string().nullable().meta({ example: "Anna's laptop" }), platform: z.string().nullable().meta({ example: 'macOS 15' }), created_at: z.iso.datetime() }).nullable().meta({ description: 'The device that was asked for, when it is activated.' }),
    checked_at: z.iso.datetime(),
  })
  .meta({ id: 'Verdict' });

/** Validation, activation and deactivation of a licence on a site. */
export function licenseRoutes({ db, vault, now }: Deps): Route[] {
  const limit = limitByAddress(600);
  const tag = 'Licences';

  const validate = route(
    {
      method: 'post', path: '/api/validate', operationId: 'validateLicense', tag, auth: 'license',
      summary: 'Is this key good for this site or device?',
      description: 'A negative verdict is a 200 with `valid: false`. A site seen for the first time takes a free slot, unless it shows the secret of an activation: then that activation is gone, and the verdict is SITE_NOT_ACTIVATED. A device is only looked for: one that is not activated is DEVICE_NOT_ACTIVATED (`POST /api/v1/licenses/devices/activate`). Where both are named, the key must be good for both.',
      headers: licenseKeyHeader, body: z.object({ domain: domain.optional(), device: fingerprint.optional(), activation_secret: activationSecret.optional(), ...scope }), before: [limit],
      responses: { 200: { description: 'The verdict.', schema: verdict } }, errors: [],
    },
    async ({ headers, body }) => {
      const at = now();
      const secret = body.activation_secret === undefined ? undefined : activationSecretDigest(vault, body.activation_secret);
      const input = { ...body, key: headers['x-license-key'], site: body.domain === undefined ? undefined : siteOf(body.domain), secret };
      return { body: verdictBody(await validateLicense(db, vault, input, input.site === undefined && input.device !== undefined ? deviceActor(input.device) : siteActor(input.site), at), input.key, at) };
    },
  );

  const activate = route(
    {
      method: 'post', path: '/api/v1/licenses/activate', operationId: 'activateLicense', tag, auth: 'license',
      summary: 'Use this key on this site',
      description: 'Takes a slot, or keeps the one that the site has. May be repeated; each time makes the secret of the time before void. With `with_secret` there is a new one, which `POST /api/validate` and `POST /api/v1/visitor-tokens` want for this site from then on: a copy of the site is cut off, and a site whose place was released does not take it again by itself.',
      headers: licenseKeyHeader, body: z.object({ domain, with_secret: z.boolean().default(false), ...scope }), before: [limit],
      responses: { 200: { description: 'The verdict; `activation` is the slot.', schema: verdict } }, errors: [],
    },
    async ({ headers, body }) => {
      const at = now();
      const input = { ...body, key: headers['x-license-key'], site: siteOf(body.domain), secret: 'none-needed' as const };
      const result = await validateLicense(db, vault, input, siteActor(input.site), at);
      const { license, activation } = result;
      const secret = license && activation ? await renewActivationSecret(db, vault, { licenseId: license.id, site: activation.site }, body.with_secret) : undefined;
      return { body: verdictBody(result, input.key, at, secret) };
    },
  );

  const deactivate = route(
    {
      method: 'post', path: '/api/v1/licenses/deactivate', operationId: 'deactivateLicense', tag, auth: 'license',
      summary: 'Free the slot of this site',
      description: 'Works in every state of the licence and may be repeated; `deactivated` says whether there was a slot to free.',
      headers: licenseKeyHeader, body: z.object({ domain }), before: [limit],
      responses: { 200: { description: 'Done.', schema: z.object({ deactivated: z.boolean().meta({ description: 'False: the site had no slot.' }), site: z.string().meta({ description: 'The site as it is counted: without scheme and www.', example: 'shop.example.com' }) }) } },
      errors: ['LICENSE_INVALID'],
    },
    async ({ headers, body }) => {
      const site = siteOf(body.domain);
      const lookup = lookupKey(headers['x-license-key']);
      const license = lookup === undefined ? undefined : await findLicenseByDigest(db, vault.digest(lookup));
      if (!license) throw new AppError('LICENSE_INVALID', 'This licence key is not known. Check it against your purchase e-mail.', { field: 'headers.x-license-key' });
      return { body: { deactivated: await releaseSite(db, license.id, site.site, siteActor(site), now()), site: site.site } };
    },
  );

  return [validate, activate, deactivate];
}
