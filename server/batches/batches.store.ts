import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Batch = Selectable<Schema['batches']>;

export async function insertBatch(db: Db, batch: Batch): Promise<void> {
  await db.insertInto('batches').values(batch).execute();
}

export function findBatch(db: Db, id: string): Promise<Batch | undefined> {
  return db.selectFrom('batches').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Locks the row for this transaction. */
export async function takeBatch(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('batches').set({ updated_at: now }).where('id', '=', id).execute();
}

export async function updateBatch(db: Db, id: string, changes: Partial<Batch>): Promise<void> {
  await db.updateTable('batches').set(changes).where('id', '=', id).execute();
}

/** Ends a batch that runs. False when it has ended. */
export async function endBatch(db: Db, id: string, status: 'stopped' | 'failed', now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('batches').set({ status, finished_at: now, updated_at: now }).where('id', '=', id).where('status', '=', 'running').executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** True for the first who asks, while the batch is not older than `since`. */
export async function markDownloaded(db: Db, id: string, since: number, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('batches').set({ downloaded_at: now }).where('id', '=', id).where('status', '=', 'done').where('finished_at', '>', since).where('downloaded_at', 'is', null).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Allows what was marked at this moment to be fetched again. */
export async function unmarkDownloaded(db: Db, id: string, downloadedAt: number): Promise<void> {
  await db.updateTable('batches').set({ downloaded_at: null }).where('id', '=', id).where('downloaded_at', '=', downloadedAt).execute();
}

export async function insertBatchLicense(db: Db, row: { batch_id: string; number: number; license_id: string }): Promise<void> {
  await db.insertInto('batch_licenses').values(row).execute();
}

/** The licences that a batch has made, in their order, with what opens their keys. */
export function listBatchLicenses(db: Db, batchId: string, after: number, limit: number) {
  return db
    .selectFrom('batch_licenses')
    .innerJoin('licenses', 'licenses.id', 'batch_licenses.license_id')
    .select(['batch_licenses.number', 'licenses.id', 'licenses.key_id', 'licenses.key_cipher', 'licenses.expires_at'])
    .where('batch_licenses.batch_id', '=', batchId)
    .where('batch_licenses.number', '>', after)
    .orderBy('batch_licenses.number')
    .limit(limit)
    .execute();
}
