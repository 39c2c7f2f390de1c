import { sql } from 'kysely';
import type { Db, Engine } from '../db/database.ts';
import { putRows, type Table } from './add-amounts.store.ts';
import { scopesOf } from './facts.rules.ts';
import { padded } from './sources.store.ts';
import type { MonthSum } from './usage-months.store.ts';

/** A part of the ledger, summed by licence and clock hour. */
type UsageSum = { license_id: string; hour: number; day: number; month: number; provider: string; model: string; key_source: string; calls: number; failed_calls: number; requests: number; input_tokens: number; output_tokens: number; cost_microcents: number };

const hourMs = 3_600_000;
const dayMs = 86_400_000;
const licensesAtOnce = 500;

/** The moment up to which there are about `size` rows from a moment on; `limit` when there are fewer. */
export async function endOfSlice(db: Db, from: number, size: number, limit: number): Promise<number> {
  const row = await db.selectFrom('usage_records').select('created_at').where('created_at', '>=', from).where('created_at', '<', limit).orderBy('created_at').limit(1).offset(size).executeTakeFirst();
  return row === undefined ? limit : Math.max(row.created_at, from + 1);
}

/** When the first request began, from a moment on and before another, that has not ended. */
export async function firstReserved(db: Db, from: number, until: number): Promise<number | undefined> {
  const row = await db.selectFrom('usage_records').select('created_at').where('created_at', '>=', from).where('created_at', '<', until).where('status', '=', 'reserved').orderBy('created_at').limit(1).executeTakeFirst();
  return row?.created_at;
}

/** The ledger from a moment on and before another. The day and the month are those in which a request was counted; rows from before days were counted have the one in which they were written. */
export function sumUsage(db: Db, from: number, until: number): Promise<UsageSum[]> {
  const day = sql<number>`case when day_start > 0 then day_start else created_at - created_at % ${sql.lit(dayMs)} end`;
  const hour = sql<number>`created_at - created_at % ${sql.lit(hourMs)}`;
  return db
    .selectFrom('usage_records')
    .select((eb) => [
      'license_id', hour.as('hour'), day.as('day'), 'month_start as month', 'provider', 'model', 'key_source',
      eb.fn.countAll<number>().as('calls'),
      eb.fn.sum<number>(eb.case().when('status', 'in', ['failed', 'swept']).then(1).else(0).end()).as('failed_calls'),
      eb.fn.sum<number>('charged_requests').as('requests'),
      eb.fn.sum<number>('input_tokens').as('input_tokens'),
      eb.fn.sum<number>('output_tokens').as('output_tokens'),
      eb.fn.sum<number>('cost_microcents').as('cost_microcents'),
    ])
    .where('created_at', '>=', from)
    .where('created_at', '<', until)
    .groupBy(['license_id', hour, day, 'month_start', 'provider', 'model', 'key_source'])
    .execute();
}

type Row = Record<string, string | number>;

/** Adds sums to the figures of usage, in the plan and the organisation that each licence has now; to those of months only when asked. */
export async function addUsage(db: Db, engine: Engine, sums: UsageSum[], withMonths: boolean): Promise<void> {
  const owners = await findOwners(db, [...new Set(sums.map(({ license_id }) => license_id))]);
  const [days, hours] = [new Map<string, Row>(), new Map<string, Row>()];
  for (const { license_id: licenseId, hour, day, provider, model, key_source, calls, failed_calls, requests, input_tokens, output_tokens, cost_microcents } of sums) {
    const { plan_id, path } = owners.get(licenseId) ?? nobody;
    for (const scope_id of scopesOf(path)) {
      addRow(daysTable, days, { scope_id, day, provider, model, plan_id, key_source, calls, failed_calls, requests, input_tokens, output_tokens, cost_microcents });
      addRow(hoursTable, hours, { scope_id, hour, provider, calls, failed_calls });
    }
  }
  await putRows(db, engine, daysTable, [...days.values()]);
  await putRows(db, engine, hoursTable, [...hours.values()]);
  if (withMonths) await putMonths(db, engine, sums.map((sum) => ({ ...sum, tokens: sum.input_tokens + sum.output_tokens })), owners);
}

/** Adds sums to the figures of usage by month. */
export async function addMonths(db: Db, engine: Engine, sums: MonthSum[]): Promise<void> {
  await putMonths(db, engine, sums, await findOwners(db, [...new Set(sums.map(({ license_id }) => license_id))]));
}

async function putMonths(db: Db, engine: Engine, sums: MonthSum[], owners: Map<string, Owner>): Promise<void> {
  const months = new Map<string, Row>();
  for (const { license_id: licenseId, month, calls, requests, tokens, cost_microcents } of sums) {
    const { customer_id: customerId, path } = owners.get(licenseId) ?? nobody;
    for (const scope_id of scopesOf(path)) {
      addRow(monthsTable, months, { scope_id, month, kind: 'license', entity_id: licenseId, calls, requests, tokens, cost_microcents });
      if (customerId !== '') addRow(monthsTable, months, { scope_id, month, kind: 'customer', entity_id: customerId, calls, requests, tokens, cost_microcents });
    }
  }
  await putRows(db, engine, monthsTable, [...months.values()]);
}

const daysTable: Table = { name: 'usage_days', keys: ['scope_id', 'day', 'provider', 'model', 'plan_id', 'key_source'], values: ['calls', 'failed_calls', 'requests', 'input_tokens', 'output_tokens', 'cost_microcents'], how: 'add' };
const hoursTable: Table = { name: 'usage_hours', keys: ['scope_id', 'hour', 'provider'], values: ['calls', 'failed_calls'], how: 'add' };
const monthsTable: Table = { name: 'usage_months', keys: ['scope_id', 'month', 'kind', 'entity_id'], values: ['calls', 'requests', 'tokens', 'cost_microcents'], how: 'add' };

function addRow({ keys, values }: Table, rows: Map<string, Row>, row: Row): void {
  const key = keys.map((column) => row[column]).join('\n');
  const known = rows.get(key);
  if (!known) rows.set(key, row);
  else for (const column of values) known[column] = Number(known[column]) + Number(row[column]);
}

type Owner = { customer_id: string; plan_id: string; path: string | null };
/** Whose licence was deleted. */
const nobody: Owner = { customer_id: '', plan_id: '', path: null };

async function findOwners(db: Db, licenseIds: string[]): Promise<Map<string, Owner>> {
  const owners = new Map<string, Owner>();
  for (let start = 0; start < licenseIds.length; start += licensesAtOnce) {
    const rows = await db
      .selectFrom('licenses')
      .leftJoin('organizations', 'organizations.id', 'licenses.organization_id')
      .select(['licenses.id', 'licenses.customer_id', 'licenses.plan_id', 'organizations.path'])
      .where('licenses.id', 'in', padded(licenseIds.slice(start, start + licensesAtOnce)))
      .execute();
    for (const { id, ...owner } of rows) owners.set(id, owner);
  }
  return owners;
}
