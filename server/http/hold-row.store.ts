import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

/** Locks a row for this transaction without changing it, so that what is read of it afterwards stays true until the commit. */
export async function holdRow(db: Db, table: keyof Schema, id: string): Promise<void> {
  await sql`update ${sql.table(table)} set created_at = created_at where id = ${id}`.execute(db);
}
