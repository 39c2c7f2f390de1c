import { isRetryable, transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { endReservation, type Ending } from './endings.ts';
import { takeReservation, type Taken, type UsageRequest } from './reservations.ts';

/** What is written to the ledger: plain data, for it may have to go to another thread. `now` in epoch ms. */
export type LedgerWrite = { kind: 'reserve'; request: UsageRequest; now: number } | { kind: 'settle'; ending: Ending; now: number };
export type LedgerResults = { reserve: Taken; settle: boolean };
export type LedgerResult = LedgerResults[LedgerWrite['kind']];
export type LedgerAnswer = { result: LedgerResult } | { failure: unknown };

/**
 * Writes all of these in one transaction, those of smaller licence ids first, so that transactions take their row locks in the same order. Answers
 * in the order of `writes`. What breaks a shared transaction is run again by itself, so that it fails alone.
 */
export async function commitWrites(db: Db, writes: LedgerWrite[]): Promise<LedgerAnswer[]> {
  const order = writes.map((write, index) => ({ index, license: licenseOf(write) })).sort((a, b) => Number(a.license > b.license) - Number(a.license < b.license));
  try {
    return await transact(db, async (trx) => {
      const answers = Array.from<LedgerAnswer>({ length: writes.length });
      for (const { index } of order) answers[index] = { result: await applyWrite(trx, writes[index] as LedgerWrite) };
      return answers;
    }, 'unsynced');
  } catch (failure) {
    // A database that is busy is so for everybody; anything else is the fault of one.
    if (writes.length === 1 || isRetryable(failure) || failure instanceof AppError) return writes.map(() => ({ failure }));
    const answers: LedgerAnswer[] = [];
    for (const write of writes) answers.push(...(await commitWrites(db, [write])));
    return answers;
  }
}

/** One write, in a transaction that is open. */
export function applyWrite(trx: Db, write: LedgerWrite): Promise<LedgerResult> {
  return write.kind === 'reserve' ? takeReservation(trx, write.request, write.now) : endReservation(trx, write.ending, write.now);
}

function licenseOf(write: LedgerWrite): string {
  return write.kind === 'reserve' ? write.request.licenseId : write.ending.licenseId;
}
