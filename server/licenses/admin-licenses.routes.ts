import { z } from 'zod';
import { customerBody, customerParams, customerShape } from '../customers/customer-body.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Deps } from '../deps.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { route, type Route } from '../http/route.ts';
import { answerOnce, idempotencyHeader } from '../idempotency/answer-once.ts';
import { mailIssuedKey } from '../mail/mail-issued-key.ts';
import { grantLicense } from './grant-license.ts';
import { grantInput, grantRequest } from './grant-request.ts';
import { statusAt } from './license-status.rules.ts';
import { listActivations, listLicensesOfCustomer, type LicenseOfCustomer } from './licenses.store.ts';

const planShape = z.object({ code: z.string().meta({ example: 'pro' }), name: z.string().meta({ example: 'Pro' }) });
const status = z.enum(['pending', 'active', 'suspended', 'expired', 'cancelled']).meta({ example: 'active' });
const licenseId = z.string().meta({ example: '01a1fdfd-2f56-7160-aec7-a5d9e96a8929' });
const product = z.string().meta({ example: 'chatello' });
const keyExample = 'CHA-7K3M-Q2VX-0RTB-9D4H';
const activationShape = z.object({ site: z.string().meta({ example: 'shop.example.com' }), kind: z.enum(['production', 'staging']), created_at: z.iso.datetime() });

const licenseShape = z
  .object({
    id: licenseId, key_hint: z.string().meta({ description: 'The last four characters of the key; the key itself is not shown.', example: '9D4H' }), plan: planShape, product, status,
    expires_at: z.iso.datetime().nullable(), sites: z.int(), max_sites: z.int(), created_at: z.iso.datetime(),
  })
  .meta({ id: 'LicenseOfCustomer' });

const createdShape = z.object({
  license_key: z.string().meta({ example: keyExample }), license_id: licenseId, customer: customerShape, customer_created: z.boolean().meta({ description: 'False: there was a customer with this address.' }), plan: planShape, product, status,
  expires_at: z.iso.datetime().nullable().meta({ description: 'Null: never.' }), max_sites: z.int(), max_version: z.string().nullable().meta({ description: 'Null: every version.', example: null }), activation: activationShape.nullable().meta({ description: 'The slot of the domain that was asked for.' }),
});

/** Licences, for programs that hold the API token. */
export function adminLicenseRoutes(deps: Deps): Route[] {
  const { db, vault, config, now } = deps;
  const tag = 'Administration';

  const create = route(
    {
      method: 'post', path: '/api/create_license', operationId: 'createLicense', tag, auth: 'admin', scope: 'licenses.issue', before: adminAuth(deps, 'licenses.issue'),
      summary: 'Issue a licence',
      description: 'Finds or creates the customer by e-mail address and issues the key, all or nothing.',
      headers: idempotencyHeader, body: grantRequest,
      responses: { 201: { description: 'The licence with its key.', schema: createdShape } }, errors: ['IDEMPOTENCY_KEY_REUSED', 'LICENSE_QUOTA_EXHAUSTED'],
    },
    ({ headers, body, res }) =>
      answerOnce(db, vault, { scope: `createLicense:${callerOf(res).tokenId}`, key: headers['idempotency-key'], body }, now(), async (trx) => {
        const at = now();
        const { license, key, customer, created, plan, productCode } = await grantLicense(trx, vault, grantInput(body), callerOf(res).by, at);
        if (body.send_email) await mailIssuedKey(trx, config, { licenseId: license.id, customer }, at);
        const [activation] = await listActivations(trx, license.id);
        return {
          status: 201,
          body: {
            license_key: key, license_id: license.id, customer: customerBody(customer), customer_created: created, plan: { code: plan.code, name: plan.name }, product: productCode,
            status: statusAt(license, at), expires_at: isoOrNull(license.expires_at), max_sites: license.max_sites ?? plan.max_sites, max_version: license.max_version,
            activation: activation ? { site: activation.site, kind: activation.kind, created_at: iso(activation.created_at) } : null,
          },
        };
      }),
  );

  const read = route(
    {
      method: 'get', path: '/api/customer/:id', operationId: 'readCustomer', tag, auth: 'admin', scope: 'customers.read', before: adminAuth(deps, 'customers.read'),
      summary: 'A customer with its licences',
      params: customerParams,
      responses: { 200: { description: 'The customer. Keys are not shown.', schema: customerShape.extend({ licenses: z.array(licenseShape) }) } }, errors: ['NOT_FOUND'],
    },
    async ({ params: { id } }) => {
      const customer = await getCustomer(db, id);
      const licenses = await listLicensesOfCustomer(db, id);
      return { body: { ...customerBody(customer), licenses: licenses.map((license) => licenseBody(license, now())) } };
    },
  );

  return [create, read];
}

function licenseBody(license: LicenseOfCustomer, now: number): z.input<typeof licenseShape> {
  const { id, key_hint, plan_code, plan_name, product_code, expires_at, sites_used, site_limit, created_at } = license;
  return {
    id, key_hint, plan: { code: plan_code, name: plan_name }, product: product_code, status: statusAt(license, now),
    expires_at: isoOrNull(expires_at), sites: sites_used, max_sites: site_limit, created_at: iso(created_at),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));
