import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** A person's own months of use are told day by day; single requests are too many for a file to be read. */
const mostRows = 10_000;

/** The rows of every table that say something of a customer. */
export async function readPersonalRows(db: Db, customerId: string, emails: string[]): Promise<Record<string, unknown[]>> {
  const licenses = await db
    .selectFrom('licenses')
    .select(['id', 'key_hint', 'plan_id', 'product_id', 'status', 'expires_at', 'confirmed_at', 'suspended_at', 'suspended_reason', 'cancelled_at', 'cancelled_reason', 'revoked_at', 'revoked_reason', 'max_sites', 'max_version', 'domain_lock', 'created_at', 'updated_at', 'subscription_id', 'subscription_status', 'organization_id'])
    .where('customer_id', '=', customerId)
    .limit(mostRows)
    .execute();
  const licenseIds = sql<string>`(select licenses.id from licenses where licenses.customer_id = ${customerId})`;
  const orderIds = sql<string>`(select orders.id from orders where orders.customer_id = ${customerId})`;
  const subscriptionIds = licenses.flatMap(({ subscription_id: id }) => id ?? []);
  return {
    licenses,
    license_terms: await db.selectFrom('license_terms').selectAll().where('license_id', 'in', licenseIds).limit(mostRows).execute(),
    activations: await db.selectFrom('activations').select(['id', 'license_id', 'site', 'fingerprint', 'name', 'platform', 'kind', 'version', 'created_at', 'last_seen_at']).where('license_id', 'in', licenseIds).limit(mostRows).execute(),
    ai_settings: await db.selectFrom('license_ai_settings').select(['license_id', 'paused_at', 'monthly_budget_microcents', 'allowed_topics', 'blocked_topics', 'max_input_characters', 'is_moderated', 'cache_seconds', 'created_at', 'updated_at']).where('license_id', 'in', licenseIds).limit(mostRows).execute(),
    provider_keys: await db.selectFrom('provider_keys').select(['license_id', 'provider', 'base_url', 'key_hint', 'tested_at', 'created_at']).where('license_id', 'in', licenseIds).limit(mostRows).execute(),
    usage_days: await db.selectFrom('usage_records').select(['license_id', 'site', 'day_start', (eb) => eb.fn.countAll<number>().as('requests')]).where('license_id', 'in', licenseIds).groupBy(['license_id', 'site', 'day_start']).limit(mostRows).execute(),
    orders: await db.selectFrom('orders').selectAll().where('customer_id', '=', customerId).limit(mostRows).execute(),
    order_lines: await db.selectFrom('order_lines').selectAll().where('order_id', 'in', orderIds).limit(mostRows).execute(),
    subscriptions: subscriptionIds.length === 0 ? [] : await db.selectFrom('subscriptions').selectAll().where('id', 'in', subscriptionIds).execute(),
    provider_customers: await db.selectFrom('provider_customers').selectAll().where('provider', 'in', ['paddle', 'stripe', 'woocommerce']).where('email', 'in', emails).execute(),
    emails: await db.selectFrom('emails').selectAll().where((eb) => eb.or([eb('recipient', 'in', emails), eb('license_id', 'in', licenseIds), eb('order_id', 'in', orderIds)])).limit(mostRows).execute(),
    accounts: await db.selectFrom('users').select(['id', 'email', 'name', 'role', 'created_at', 'last_login_at']).where('customer_id', '=', customerId).execute(),
    audit: await db.selectFrom('audit_log').select(['at', 'action', 'entity', 'entity_id', 'before_json', 'after_json', 'reason']).where('entity', '=', 'customer').where('entity_id', '=', customerId).orderBy('at').limit(mostRows).execute(),
  };
}
