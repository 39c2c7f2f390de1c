import { z } from 'zod';
import { licensesWithin } from '../access/scope.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { statusAt } from '../licenses/license-status.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, idFilter, idShape, iso, isoOrNull, nullableId, text, textOrNull, time, timeOrNull, wordFilter } from './record.rules.ts';
import type { Records, Rows } from './records.ts';

const status = z.enum(['pending', 'active', 'suspended', 'expired', 'cancelled']);
const kinds = ['production', 'staging', 'device'] as const;
const activation = z.object({ id: idShape, site: textOrNull.meta({ description: 'Null: it is a device.', example: 'shop.example.com' }), device: z.object({ fingerprint: text, name: textOrNull, platform: textOrNull }).nullable().meta({ description: 'Null: it is a site.', example: null }), kind: z.enum(kinds), version: textOrNull.meta({ description: 'Of the product, as the site or device has last said.' }), created_at: time, last_seen_at: time });
const filters = {
  status: status.optional(),
  plan: wordFilter('Only those of this plan.', 'pro'),
  customer_id: idFilter('customer'),
  organization_id: idFilter('organisation itself, not of those below it'),
  subscription_id: idFilter('subscription'),
  ...createdFilters,
};
const item = z
  .object({
    id: idShape, key_hint: text.meta({ description: 'The last four characters of the key; the key itself is read with `keys.read`.', example: '9D4H' }),
    customer: z.object({ id: idShape, name: text, email: text }), organization_id: nullableId, plan: z.object({ code: text.meta({ example: 'pro' }), name: text }), product: text.meta({ example: 'chatello' }),
    status, expires_at: timeOrNull.meta({ description: 'Null: never.' }), suspended_reason: textOrNull, cancelled_reason: textOrNull, revoked_reason: textOrNull,
    subscription_id: nullableId, subscription_status: textOrNull,
    sites: count.meta({ description: 'Places taken: by production sites, and by devices.' }), max_sites: count, max_version: textOrNull, domain_lock: textOrNull, activations: z.array(activation), created_at: time, updated_at: time,
  })
  .meta({ id: 'LicenseRecord' });

/** Licences with their sites and devices; the key never. */
export const licenseRecords: Records<'licenses', typeof filters, typeof item> = {
  table: 'licenses', name: 'licenses', what: 'licence', operations: { list: 'listLicenses', read: 'readLicense' }, tag: 'Licences', scope: 'licenses.read',
  item, filters, sorts: { created_at: 'licenses.created_at' },
  internal: ['suspended_reason', 'cancelled_reason', 'revoked_reason'],
  cells: { activations: (places: { site: string | null; device: { fingerprint: string } | null }[]) => places.map(({ site, device }) => site ?? device?.fingerprint).join(' ') },
  async select(db, { status: wanted, plan, customer_id, organization_id, subscription_id, created_from, created_to }, { scope }, now) {
    let rows: Rows<'licenses'> = db.selectFrom('licenses').where(licensesWithin(scope));
    if (plan !== undefined) rows = having(rows, 'licenses.plan_id', (await db.selectFrom('plans').select('id').where('code', '=', plan).executeTakeFirst())?.id ?? '');
    rows = having(having(having(rows, 'licenses.customer_id', customer_id), 'licenses.organization_id', organization_id), 'licenses.subscription_id', subscription_id);
    return between(inState(rows, wanted, now), 'licenses.created_at', { from: created_from, to: created_to });
  },
  async load(db, ids, now) {
    const rows = await db
      .selectFrom('licenses')
      .innerJoin('plans', 'plans.id', 'licenses.plan_id')
      .innerJoin('products', 'products.id', 'licenses.product_id')
      .innerJoin('customers', 'customers.id', 'licenses.customer_id')
      .selectAll('licenses')
      .select(['plans.code as plan_code', 'plans.name as plan_name', 'plans.max_sites as plan_max_sites', 'products.code as product_code', 'customers.name as customer_name', 'customers.email as customer_email'])
      .where('licenses.id', 'in', ids)
      .execute();
    const sites = await db.selectFrom('activations').selectAll().where('license_id', 'in', ids).orderBy('created_at').orderBy('id').execute();
    return rows.map((row) => {
      const activations = sites.filter(({ license_id }) => license_id === row.id);
      return {
        id: row.id, key_hint: row.key_hint, customer: { id: row.customer_id, name: row.customer_name, email: row.customer_email }, organization_id: row.organization_id,
        plan: { code: row.plan_code, name: row.plan_name }, product: row.product_code, status: statusAt(row, now), expires_at: isoOrNull(row.expires_at),
        suspended_reason: row.suspended_reason, cancelled_reason: row.cancelled_reason, revoked_reason: row.revoked_reason, subscription_id: row.subscription_id, subscription_status: row.subscription_status,
        sites: activations.filter(({ is_staging: isStaging }) => isStaging === 0).length, max_sites: row.max_sites ?? row.plan_max_sites, max_version: row.max_version, domain_lock: row.domain_lock,
        activations: activations.map(({ id, site, fingerprint, name, platform, kind, version, created_at, last_seen_at }) => ({ id, site, device: fingerprint === null ? null : { fingerprint, name, platform }, kind: kinds.find((known) => known === kind) ?? 'production', version, created_at: iso(created_at), last_seen_at: iso(last_seen_at) })),
        created_at: iso(row.created_at), updated_at: iso(row.updated_at),
      };
    });
  },
};

/** Those that show this status now: expiry is stored nowhere, it comes with the time. */
function inState(rows: Rows<'licenses'>, wanted: z.output<typeof status> | undefined, now: number): Rows<'licenses'> {
  if (wanted === undefined) return rows;
  if (wanted === 'pending' || wanted === 'cancelled') return rows.where('licenses.status', '=', wanted);
  if (wanted === 'active') return rows.where('licenses.status', '=', 'active').where((eb) => eb.or([eb('licenses.expires_at', 'is', null), eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '>', now)]));
  const isOver = rows.where((eb) => eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '<=', now));
  if (wanted === 'expired') return isOver.where('licenses.status', '=', 'active').where((eb) => eb.or([eb('licenses.subscription_status', 'is', null), eb('licenses.subscription_status', '!=', 'past_due')]));
  return rows.where((eb) => eb.or([eb('licenses.status', '=', 'suspended'), eb.and([eb('licenses.status', '=', 'active'), eb('licenses.subscription_status', '=', 'past_due'), eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '<=', now)])]));
}
