import { z } from 'zod';
import { customerFields } from '../customers/customer-body.ts';
import { emailAddress } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { newId } from '../ids.ts';
import { changeLicense, type LicenseChange } from '../licenses/change-license.ts';
import { extendLicense } from '../licenses/extend-license.ts';
import { versionLimit } from '../licenses/grant-request.ts';
import { getLicenseWithin, listActivations } from '../licenses/licenses.store.ts';
import { releaseActivation } from '../licenses/release-activation.ts';
import { siteOf } from '../licenses/site-of.ts';
import { getPlanByCode } from '../plans/get-plan.ts';
import { licenseRecords } from '../records/licenses.records.ts';
import { readRecord } from '../records/records.ts';
import { reasonField } from './customers-api.routes.ts';
import { doerOf } from './doer-of.ts';
import { giveLicense } from './give-license.ts';
import { sendLicenseKey } from './send-license-key.ts';
import { transferLicense } from './transfer-license.ts';

const months = z.int().min(1).max(120).meta({ example: 12 });
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)).meta({ example: '2027-12-31T23:59:59Z' });
const plan = z.string().min(1).max(64).meta({ description: 'Code of the plan.', example: 'pro' });

const give = z
  .object({
    email: emailAddress, ...customerFields, plan, months: months.optional(), perpetual: z.boolean().default(false),
    product: z.string().min(1).max(64).optional().meta({ description: 'Product code; `chatello` without one.', example: 'chatello' }),
    starts_at: moment.optional().meta({ description: 'When the time begins to count; now without it.' }),
    domain: z.string().max(2_000).optional().meta({ description: 'Site that gets its slot at once. A licence for one site is locked to it.', example: 'https://shop.example.com' }),
    max_sites: z.int().min(1).max(100_000).optional(), max_version: versionLimit.optional(),
    organization_id: z.string().min(1).max(64).optional().meta({ description: 'Where a new customer belongs.' }),
    send_key: z.boolean().default(false).meta({ description: 'The key goes to the customer by e-mail.' }),
  })
  .refine(({ months: count, perpetual }) => perpetual !== (count !== undefined), { path: ['months'], error: 'is required, from 1 to 120, unless the licence is perpetual' });

/** Licences under /api/v1: what the pages of the dashboard do, by the same use cases. */
export function licenseWriteRoutes(deps: Deps): Route[] {
  const tag = 'Licences';
  const scope = 'licenses.write';
  const params = idParams('licence');
  const read = (db: Db, id: string, caller: ApiCaller) => readRecord({ ...deps, db }, licenseRecords, id, caller);
  const responses = { 200: { description: 'The licence as it is now.', schema: licenseRecords.item } };

  const add = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/licenses', operationId: 'giveLicense', tag, scope: 'licenses.issue', summary: 'Give a licence by hand', description: 'Finds or adds the customer by the e-mail address. To a customer who is not validated yet, the licence is pending.', body: give,
      responses: { 201: { description: 'The licence, with its key this once.', schema: licenseRecords.item.extend({ license_key: z.string().meta({ example: 'CHA-7K3M-Q2VX-0RTB-9D4H' }) }).meta({ id: 'NewLicense' }) } }, errors: ['CONFLICT', 'FORBIDDEN', 'NOT_FOUND'],
    },
    async ({ body, caller, trx, at }) => {
      const { email, name, company, locale, domain, starts_at: startsAt, max_sites: maxSites, max_version: maxVersion, organization_id: organizationId, send_key: sendKey, ...rest } = body;
      const input = { customer: { email, name, company, locale }, plan: rest.plan, product: rest.product, months: rest.months ?? null, startsAt, site: domain === undefined ? undefined : siteOf(domain), maxSites, maxVersion, organizationId, sendKey };
      const { license, key } = await giveLicense(trx, deps, input, doerOf(caller, 'licenses.issue'), at);
      return { status: 201, body: { ...(await read(trx, license.id, caller)), license_key: key } };
    },
  );

  const reasoned = (name: string, summary: string, description: string, change: (reason: string) => LicenseChange) =>
    adminWrite(deps, { method: 'post', path: `/api/v1/licenses/:id/${name}`, operationId: `${name}License`, tag, scope: name === 'confirm' ? 'licenses.issue' : scope, summary, description, params, body: z.object({ reason: reasonField }), responses, errors: ['CONFLICT', 'FORBIDDEN'] }, async ({ params: { id }, body, caller, trx, at }) => {
      const doer = doerOf(caller, name === 'confirm' ? 'licenses.confirm' : 'licenses.write');
      await getLicenseWithin(trx, doer.scope, id);
      await changeLicense(trx, id, change(body.reason), doer.by, at);
      return { body: await read(trx, id, caller) };
    });

  const extend = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/licenses/:id/extend', operationId: 'extendLicense', tag, scope, summary: 'Give a licence more time', description: 'Without payment, as a period of its own: by `months` from its end, up to a moment (`until`), or for ever.', params,
      body: z.object({ months: months.optional(), until: moment.optional(), perpetual: z.literal(true).optional(), reason: reasonField }).refine(({ months: count, until, perpetual }) => [count, until, perpetual].filter((value) => value !== undefined).length === 1, 'send one of months, until and perpetual'),
      responses, errors: ['CONFLICT', 'FORBIDDEN'],
    },
    async ({ params: { id }, body, caller, trx, at }) => {
      const doer = doerOf(caller, 'licenses.write');
      await getLicenseWithin(trx, doer.scope, id);
      await extendLicense(trx, id, body.months === undefined ? (body.until === undefined ? { isPerpetual: true } : { until: body.until }) : { months: body.months }, body.reason, doer.by, at);
      return { body: await read(trx, id, caller) };
    },
  );

  const changePlan = adminWrite(deps, { method: 'post', path: '/api/v1/licenses/:id/change-plan', operationId: 'changePlanOfLicense', tag, scope, summary: 'Change the plan of a licence', params, body: z.object({ plan, reason: reasonField }), responses, errors: ['FORBIDDEN'] }, async ({ params: { id }, body, caller, trx, at }) => {
    const doer = doerOf(caller, 'licenses.write');
    await getLicenseWithin(trx, doer.scope, id);
    await changeLicense(trx, id, { type: 'change-plan', planId: (await getPlanByCode(trx, body.plan)).id, reason: body.reason }, doer.by, at);
    return { body: await read(trx, id, caller) };
  });

  const transfer = adminWrite(deps, { method: 'post', path: '/api/v1/licenses/:id/transfer', operationId: 'transferLicense', tag, scope, summary: 'Give a licence to another customer', description: 'Key, sites and time stay; it follows the organisation and the status of its new customer.', params, body: z.object({ customer_id: z.string().min(1).max(64), reason: reasonField }), responses, errors: ['FORBIDDEN'] }, async ({ params: { id }, body, caller, trx, at }) => {
    await transferLicense(trx, deps.config, id, { customerId: body.customer_id, reason: body.reason }, doerOf(caller, 'licenses.write'), at);
    return { body: await read(trx, id, caller) };
  });

  const limits = adminWrite(
    deps,
    { method: 'patch', path: '/api/v1/licenses/:id', operationId: 'updateLicense', tag, scope, summary: 'Set numbers of its own for a licence', description: 'Instead of those of the plan; null: as the plan says.', params, body: z.object({ max_sites: z.int().min(1).max(100_000).nullable().optional(), max_version: versionLimit.nullable().optional(), reason: reasonField }), responses, errors: ['FORBIDDEN'], current: { hold: 'licenses', read: (db, { id = '' }, caller) => read(db, id, caller) } },
    async ({ params: { id }, body, caller, trx, at }) => {
      const doer = doerOf(caller, 'licenses.write');
      const license = await getLicenseWithin(trx, doer.scope, id);
      const { max_sites: maxSites = license.max_sites, max_version: maxVersion = license.max_version, reason } = body;
      await changeLicense(trx, id, { type: 'set-limits', maxSites, maxVersion, reason }, doer.by, at);
      return { body: await read(trx, id, caller) };
    },
  );

  const sendKey = adminWrite(deps, { method: 'post', path: '/api/v1/licenses/:id/send-key', operationId: 'sendLicenseKey', tag, scope, summary: 'Send the key to the customer by e-mail', params, responses, errors: ['CONFLICT', 'FORBIDDEN'] }, async ({ params: { id }, caller, trx, at }) => {
    await sendLicenseKey(trx, deps.config, id, { ...doerOf(caller, 'licenses.write'), cause: newId() }, at);
    return { body: await read(trx, id, caller) };
  });

  const release = adminWrite(
    deps,
    { method: 'delete', path: '/api/v1/licenses/:id/activations/:activation', operationId: 'releaseActivation', tag, scope: 'licenses.issue', summary: 'Release a site or a device', description: 'Its place is free at once; one that is not there is free already.', params: params.extend({ activation: z.string().min(1).max(64).meta({ description: 'The `id` of the activation.' }) }), responses, errors: ['FORBIDDEN'] },
    async ({ params: { id, activation }, caller, trx, at }) => {
      const doer = doerOf(caller, 'sites.release');
      await getLicenseWithin(trx, doer.scope, id);
      const found = (await listActivations(trx, id)).find((candidate) => candidate.id === activation);
      // Released already: its place is free, as asked.
      if (found) await releaseActivation(trx, found, doer.by, at);
      return { body: await read(trx, id, caller) };
    },
  );

  return [
    add,
    reasoned('suspend', 'Suspend a licence', 'The key stops being valid at once; sites keep their places and paid time keeps running.', (reason) => ({ type: 'suspend', reason })),
    reasoned('reactivate', 'Reactivate a licence', 'Lifts a suspension or a cancellation by hand.', (reason) => ({ type: 'reactivate', reason })),
    reasoned('confirm', 'Confirm a pending licence', 'The key is valid from then on.', (reason) => ({ type: 'confirm', reason })),
    reasoned('cancel', 'Cancel a licence', 'The key stops being valid at once. No money is returned.', (reason) => ({ type: 'cancel', reason })),
    reasoned('revoke', 'Revoke a licence', 'Voids everything that was paid or granted for it, and cancels it. It cannot be reactivated.', (reason) => ({ type: 'revoke', reason })),
    extend, changePlan, transfer, limits, sendKey, release,
  ];
}
