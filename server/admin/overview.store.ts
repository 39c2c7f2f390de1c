import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { PaidTerm } from './mrr.rules.ts';

type Figures = { customers: number; activeLicenses: number; requests: number; deadDeliveries: number };

/** Four counts over indexes. `requests` counts from `since` on. */
export async function readFigures(db: Db, since: number, now: number): Promise<Figures> {
  const count = sql<number>`count(*)`.as('count');
  const customers = await db.selectFrom('customers').select(count).executeTakeFirstOrThrow();
  const active = await db.selectFrom('licenses').select(count).where('status', '=', 'active').where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])).executeTakeFirstOrThrow();
  const requests = await db.selectFrom('usage_records').select(count).where('created_at', '>=', since).executeTakeFirstOrThrow();
  const dead = await db.selectFrom('inbox').select(count).where('status', '=', 'dead').executeTakeFirstOrThrow();
  return { customers: customers.count, activeLicenses: active.count, requests: requests.count, deadDeliveries: dead.count };
}

/** The next `limit` licences after an id, and the paid terms of the active ones among them. `last` is undefined at the end. */
export async function readPaidTerms(db: Db, afterId: string, limit: number, now: number): Promise<{ terms: PaidTerm[]; last: string | undefined }> {
  const ids = await db.selectFrom('licenses').select('id').where('id', '>', afterId).orderBy('id').limit(limit).execute();
  const last = ids.at(-1)?.id;
  if (last === undefined) return { terms: [], last: undefined };
  const terms = await db
    .selectFrom('license_terms')
    .innerJoin('licenses', 'licenses.id', 'license_terms.license_id')
    .select(['license_id', 'months', 'amount_minor', 'currency', 'paid_at'])
    .where('license_id', '>', afterId)
    .where('license_id', '<=', last)
    .where('voided_at', 'is', null)
    .where('amount_minor', '>', 0)
    .where('licenses.status', '=', 'active')
    .where((eb) => eb.or([eb('licenses.expires_at', 'is', null), eb('licenses.expires_at', '>', now)]))
    .execute();
  return { terms, last: ids.length < limit ? undefined : last };
}
