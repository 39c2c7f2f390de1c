import { sql } from 'kysely';
import { monthsUntil } from '../../server/figures/periods.rules.ts';
import { databaseHandles, type Db } from '../../server/db/database.ts';
import { dialects, fillTable } from './fill-table.ts';

export type Sizes = { licenses: number; usage: number };

const dayMs = 86_400_000;
export const licensesPerCustomer = 5;
export const sellingDays = 730;
const usageDays = 90;

/** Fills a migrated and seeded database with a business of this size: customers, licences with terms and sites, orders, subscriptions, e-mails, deliveries, audit lines, and the ledger. */
export async function seedDashboard(db: Db, { licenses, usage }: Sizes, now: number, organizationId: string): Promise<void> {
  const { engine } = databaseHandles(db);
  const { id, text, bytes, whole } = dialects[engine];
  const plans = (await db.selectFrom('plans').select('id').orderBy('position').execute()).map((plan) => plan.id);
  const product = (await db.selectFrom('products').select('id').executeTakeFirstOrThrow()).id;
  const customers = Math.ceil(licenses / licensesPerCustomer);
  const customerOf = id('0001', whole('n', String(licensesPerCustomer)));
  const planOf = `CASE n % 3 WHEN 0 THEN '${plans[0]}' WHEN 1 THEN '${plans[1]}' ELSE '${plans[2]}' END`;
  /** Spread over two years, growing with n as rows do. */
  const at = (count: number) => `(${now - sellingDays * dayMs} + ${whole(`n * ${sellingDays * dayMs}`, String(count))})`;
  const organizationOf = (n: string) => `CASE WHEN ${n} % 50 = 7 THEN '${organizationId}' ELSE NULL END`;
  const fill = (table: string, count: number, columns: Record<string, string>) => fillTable(db, table, count, columns);
  const email = text("'customer-'", 'n', "'@example.net'");
  await fill('customers', customers, { id: id('0001', 'n'), email, email_key: email, name: text("'Customer '", 'n'), company: `CASE WHEN n % 3 = 0 THEN ${text("'Company '", 'n')} ELSE NULL END`, locale: "'en'", status: "CASE WHEN n % 40 = 3 THEN 'pending' ELSE 'validated' END", organization_id: organizationOf('n'), created_at: at(customers), updated_at: at(customers) });
  const status = "CASE WHEN n % 20 = 0 THEN 'cancelled' WHEN n % 31 = 0 THEN 'pending' WHEN n % 37 = 0 THEN 'suspended' ELSE 'active' END";
  await fill('licenses', licenses, {
    id: id('0002', 'n'), key_digest: bytes('n'), key_cipher: bytes('n'), key_id: "'bench'", key_hint: `UPPER(SUBSTR(${id('0002', 'n * 7919')}, 33, 4))`, customer_id: customerOf, organization_id: organizationOf(whole('n', String(licensesPerCustomer))), plan_id: planOf, product_id: `'${product}'`, status,
    expires_at: `CASE WHEN n % 11 = 0 THEN NULL ELSE ${now} + CAST((n * 7919) % 700 AS SIGNED) * ${dayMs} - ${200 * dayMs} + n % 86400 * 1000 END`, confirmed_at: at(licenses), cancelled_at: `CASE WHEN n % 20 = 0 THEN ${at(licenses)} + ${dayMs} ELSE NULL END`, grace_ms: `CASE WHEN n % 4 = 0 THEN ${7 * dayMs} ELSE 0 END`, subscription_status: "CASE WHEN n % 4 = 0 THEN 'active' ELSE NULL END", created_at: at(licenses), updated_at: at(licenses),
  });
  await fill('license_terms', licenses, { id: id('0003', 'n'), license_id: id('0002', 'n'), provider: "'paddle'", account: "'main'", transaction_id: text("'txn_'", 'n'), months: 'CASE WHEN n % 2 = 0 THEN 12 ELSE 1 END', paid_at: at(licenses), amount_minor: 'CASE WHEN n % 13 = 0 THEN 0 ELSE (n % 3 + 1) * 1900 END', currency: "CASE WHEN n % 5 = 0 THEN 'USD' ELSE 'EUR' END", created_at: at(licenses) });
  await fill('activations', licenses, { id: id('0004', 'n'), license_id: id('0002', 'n'), kind: "'production'", slot: '0', site: text("'shop-'", 'n', "'.example.net'"), created_at: at(licenses), last_seen_at: at(licenses) });
  const orders = Math.ceil(licenses / 2);
  await fill('orders', orders, { id: id('0005', 'n'), provider: "CASE WHEN n % 3 = 0 THEN 'woocommerce' ELSE 'paddle' END", account: "'main'", external_id: text("'order_'", 'n'), number: text("'N-'", 'n'), customer_id: id('0001', `n % ${customers}`), status: "'completed'", currency: "CASE WHEN n % 5 = 0 THEN 'USD' ELSE 'EUR' END", total_minor: '(n % 3 + 1) * 1900', refunded_minor: 'CASE WHEN n % 50 = 0 THEN 1900 ELSE 0 END', is_renewal: 'n % 2', paid_at: at(orders), snapshot_at: at(orders), revision: '1', created_at: at(orders), updated_at: at(orders) });
  const quarter = Math.ceil(licenses / 4);
  await fill('subscriptions', quarter, { id: id('0006', 'n'), provider: "'paddle'", account: "'main'", external_id: text("'sub_'", 'n'), status: "CASE WHEN n % 9 = 0 THEN 'cancelled' ELSE 'active' END", order_external_id: text("'order_'", 'n'), is_linked: '1', snapshot_at: at(quarter), created_at: at(quarter), updated_at: at(quarter) });
  await fill('emails', quarter, { id: id('0007', 'n'), cause: text("'bench:'", 'n'), template: "'license-key'", recipient: email, locale: "'en'", data: "'{}'", license_id: id('0002', 'n'), message_id: text("'<'", 'n', "'@bench>'"), status: "CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'sent' END", attempts: '1', created_at: at(quarter), sent_at: at(quarter) });
  await fill('inbox', quarter, { id: id('0008', 'n'), provider: "'paddle'", account: "'main'", event_id: text("'evt_'", 'n'), topic: "'transaction.completed'", body: bytes('n'), status: "CASE WHEN n % 5000 = 9 THEN 'dead' ELSE 'handled' END", deliveries: '1', received_at: at(quarter), handled_at: at(quarter) });
  await fill('audit_log', licenses, { id: id('0009', 'n'), at: at(licenses), actor: "'paddle'", action: "'license.issued'", entity: "'license'", entity_id: id('0002', 'n') });
  const usedAt = `(${now - usageDays * dayMs} + ${whole(`n * ${usageDays * dayMs - 120_000}`, String(usage))})`;
  const day = `(${usedAt} - ${usedAt} % ${dayMs})`;
  await fill('usage_records', usage, {
    id: id('000a', 'n'), license_id: id('0002', `(n * 7919) % ${licenses}`), endpoint: "'chat'", provider: "CASE n % 3 WHEN 0 THEN 'openai' WHEN 1 THEN 'anthropic' ELSE 'deepseek' END", model: "CASE n % 6 WHEN 0 THEN 'gpt-5.4-mini' WHEN 1 THEN 'claude-haiku-4-5' WHEN 2 THEN 'deepseek-chat' WHEN 3 THEN 'gpt-5.4' WHEN 4 THEN 'claude-sonnet-4-5' ELSE 'deepseek-reasoner' END", status: "CASE WHEN n % 97 = 0 THEN 'failed' ELSE 'completed' END",
    charged_requests: '1', input_tokens: '200 + n % 800', cached_tokens: '0', output_tokens: '100 + n % 300', reasoning_tokens: '0', cost_microcents: '20000 + n % 90000', is_exact: '1', is_stream: 'n % 2', total_ms: '900',
    month_start: `CASE ${monthsUntil(now, 5).buckets.toReversed().map((month) => `WHEN ${usedAt} >= ${month} THEN ${month}`).join(' ')} ELSE 0 END`, day_start: day, hour_start: `(${usedAt} - ${usedAt} % 3600000)`, expires_at: usedAt, created_at: usedAt, settled_at: usedAt,
  });
  // MariaDB does this by itself some time after; the embedded database is never asked to.
  if (engine === 'mariadb') await sql.raw('ANALYZE TABLE customers, licenses, license_terms, activations, orders, subscriptions, emails, inbox, audit_log, usage_records').execute(db);
}
