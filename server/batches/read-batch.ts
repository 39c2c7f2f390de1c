import { othersTurn } from '../others-turn.ts';
import { z } from 'zod';
import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { csvText } from '../csv.rules.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { licenseKeyAad } from '../licenses/issue-license.ts';
import { batchProblems } from './batch-kinds.ts';
import { endBatch, findBatch, listBatchLicenses, markDownloaded, unmarkDownloaded, type Batch } from './batches.store.ts';

/** How long the keys of a batch may be fetched, from its end. */
export const keysForMs = 60 * 60_000;
const keysAtOnce = 250;

export type BatchState = Batch & { problemList: z.output<typeof batchProblems>; /** Until when the keys may be fetched; undefined: not at all, or not any more. */ keysUntil: number | undefined };

/** A batch, for whoever has begun it and for those who see everything. Throws NOT_FOUND. */
export async function readBatch(db: Db, id: string, { scope, by }: { scope: Scope; by: Actor }, now: number): Promise<BatchState> {
  const batch = await findBatch(db, id);
  if (!batch || (scope.kind !== 'all' && batch.created_by !== by.actor)) throw new AppError('NOT_FOUND', 'There is no batch with this id.', { field: 'path.id' });
  const until = batch.kind === 'create-licenses' && batch.status === 'done' && batch.downloaded_at === null && batch.finished_at !== null ? batch.finished_at + keysForMs : undefined;
  return { ...batch, problemList: batchProblems.parse(JSON.parse(batch.problems)), keysUntil: until !== undefined && until > now ? until : undefined };
}

/** Stops a batch: what it has changed stays changed. Throws NOT_FOUND. */
export async function stopBatch(db: Db, id: string, doer: { scope: Scope; by: Actor }, now: number): Promise<void> {
  await readBatch(db, id, doer, now);
  if (await endBatch(db, id, 'stopped', now)) await recordAudit(db, doer.by, { action: 'batch.stopped', entity: 'batch', entityId: id }, now);
}

/**
 * The keys that a batch has made as CSV, opened while they are sent: once, and for an hour. Written to the audit log before the first is opened. When the transfer is cut off they may be
 * fetched again. Throws NOT_FOUND and CONFLICT.
 */
export async function downloadKeys({ db, vault }: Pick<Deps, 'db' | 'vault'>, id: string, doer: { scope: Scope; by: Actor }, now: number): Promise<AsyncGenerator<string, void, undefined>> {
  await transact(db, async (trx) => {
    const { changed } = await readBatch(trx, id, doer, now);
    if (!(await markDownloaded(trx, id, now - keysForMs, now))) throw new AppError('CONFLICT', 'The keys can be downloaded once, within an hour. They can be shown one by one on the pages of the licences.');
    await recordAudit(trx, doer.by, { action: 'batch.keys_downloaded', entity: 'batch', entityId: id, after: { keys: changed } }, now);
  });
  return keyLines({ db, vault }, id, now);
}

async function* keyLines({ db, vault }: Pick<Deps, 'db' | 'vault'>, id: string, downloadedAt: number): AsyncGenerator<string, void, undefined> {
  let isWhole = false;
  try {
    yield csvText([['number', 'license_id', 'license_key', 'expires_at']]);
    for (let after: number | undefined = 0; after !== undefined; ) {
      const licenses: Awaited<ReturnType<typeof listBatchLicenses>> = await listBatchLicenses(db, id, after, keysAtOnce);
      yield csvText(licenses.map(({ number, id: licenseId, key_id: keyId, key_cipher: cipher, expires_at: end }) => [number, licenseId, vault.open({ keyId, cipher }, licenseKeyAad(licenseId)), end === null ? '' : new Date(end).toISOString()]));
      after = licenses.length === keysAtOnce ? licenses.at(-1)?.number : undefined;
      await othersTurn();
    }
    isWhole = true;
  } finally {
    if (!isWhole) await unmarkDownloaded(db, id, downloadedAt);
  }
}
