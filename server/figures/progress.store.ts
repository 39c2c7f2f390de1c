import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { TimeSpan } from './progress.rules.ts';

/** By what each is counted in order; both ends are at hand in an index. */
const ordered = { customer: ['customers', 'updated_at'], license: ['licenses', 'updated_at'], order: ['orders', 'updated_at'], usage: ['usage_records', 'created_at'], issued: ['licenses', 'created_at'] } as const;

/** The oldest and the newest moment of what is counted; undefined where there is nothing. */
export async function findSpan(db: Db, kind: keyof typeof ordered): Promise<TimeSpan> {
  const [table, column] = ordered[kind];
  const end = async (direction: 'asc' | 'desc') => (await db.selectFrom(table).select(sql<number>`${sql.ref(column)}`.as('at')).orderBy(sql.ref(column), direction).limit(1).executeTakeFirst())?.at;
  const [from, until] = [await end('asc'), await end('desc')];
  return from === undefined || until === undefined ? undefined : { from, until };
}

/** When a licence was issued. */
export async function findLicenseAt(db: Db, id: string): Promise<number | undefined> {
  return (await db.selectFrom('licenses').select('created_at').where('id', '=', id).executeTakeFirst())?.created_at;
}
