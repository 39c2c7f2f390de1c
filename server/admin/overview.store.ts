import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { statusAt } from '../licenses/license-status.rules.ts';
import type { PaidTerm } from './mrr.rules.ts';

type Figures = { customers: number; activeLicenses: number; requests: number; deadDeliveries: number };

/** Four counts over indexes. `requests` counts from `since` on. */
export async function readFigures(db: Db, since: number, now: number): Promise<Figures> {
  const count = sql<number>`count(*)`.as('count');
  const customers = await db.selectFrom('customers').select(count).executeTakeFirstOrThrow();
  const active = await db.selectFrom('licenses').select(count).where('status', '=', 'active').where((eb) => eb.or([eb('expires_at', 'is', null), eb(eb('expires_at', '+', eb.ref('grace_ms')), '>', now)])).executeTakeFirstOrThrow();
  const requests = await db.selectFrom('usage_records').select(count).where('created_at', '>=', since).executeTakeFirstOrThrow();
  const dead = await db.selectFrom('inbox').select(count).where('status', '=', 'dead').executeTakeFirstOrThrow();
  return { customers: customers.count, activeLicenses: active.count, requests: requests.count, deadDeliveries: dead.count };
}

/** The next `limit` licences after an id, and the paid terms of the active ones among them. `last` is undefined at the end. */
export async function readPaidTerms(db: Db, afterId: string, limit: number, now: number): Promise<{ terms: PaidTerm[]; last: string | undefined }> {
  const licenses = await db.selectFrom('licenses').select(['id', 'status', 'expires_at', 'grace_ms', 'subscription_status']).where('id', '>', afterId).orderBy('id').limit(limit).execute();
  const last = licenses.at(-1)?.id;
  if (last === undefined) return { terms: [], last: undefined };
  // Two reads of a range instead of a join, whose order the databases choose differently and, over the active licences first, badly.
  const terms = await db
    .selectFrom('license_terms')
    .select(['license_id', 'months', 'amount_minor', 'currency', 'paid_at'])
    .where('license_id', '>', afterId)
    .where('license_id', '<=', last)
    .where('voided_at', 'is', null)
    .where('amount_minor', '>', 0)
    .execute();
  const active = new Set(licenses.filter((license) => statusAt(license, now) === 'active').map(({ id }) => id));
  return { terms: terms.filter(({ license_id }) => active.has(license_id)), last: licenses.length < limit ? undefined : last };
}
