import { createHash } from 'node:crypto';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { canonicalLine, type AuditLine } from './chain.rules.ts';
import { findHead, insertSeals, listUnsealed, markSealed, type Seal } from './chain.store.ts';

const linesAtOnce = 200;
const batchesPerRun = 50;

/** Thrown to roll back what a faster process has done meanwhile. */
class OutrunError extends Error {
  override name = 'OutrunError';
}

/**
 * Seals what was recorded since, in order. Whoever records knows nothing of it and waits for nobody: each seal takes the next place by a
 * unique number, so of two processes that seal at once one starts over.
 */
export async function sealAudit({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<void> {
  for (let batch = 0; batch < batchesPerRun; batch += 1) if ((await sealBatch(db, now())) < linesAtOnce) return;
}

/** Returns how many lines were sealed; none when another process was faster, which goes on instead. */
async function sealBatch(db: Db, now: number): Promise<number> {
  try {
    return await transact(
      db,
      async (trx) => {
        const lines = await listUnsealed(trx, linesAtOnce);
        if (lines.length === 0) return 0;
        const head = await findHead(trx);
        const seals = sealsOf(lines, head, now);
        if (!(await insertSeals(trx, seals))) throw new OutrunError();
        await markSealed(trx, lines.map(({ id }) => id));
        return lines.length;
      },
      'unsynced',
    );
  } catch (error) {
    if (error instanceof OutrunError) return 0;
    throw error;
  }
}

function sealsOf(lines: AuditLine[], head: Seal | undefined, now: number): Seal[] {
  let [seq, previous] = head ? [head.seq, Buffer.from(head.hash)] : [0, Buffer.alloc(0)];
  return lines.map((line) => {
    seq += 1;
    const hash = sealHash(seq, previous.toString('hex'), line);
    const seal: Seal = { seq, audit_id: line.id, previous_hash: previous, hash, sealed_at: now };
    previous = hash;
    return seal;
  });
}

/** The seal of a line at its place in the chain. */
export function sealHash(seq: number, previousHash: string, line: AuditLine): Buffer<ArrayBuffer> {
  return createHash('sha256').update(canonicalLine(seq, previousHash, line)).digest();
}
