import { othersTurn } from '../others-turn.ts';
import { databaseHandles, type Db, type Engine } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { countMonths, startOfMonths } from './count-months.ts';
import { findCursor, saveCursor } from './figures.store.ts';
import { inTurn } from './in-turn.ts';
import { addUsage, endOfSlice, firstReserved, sumUsage } from './usage-figures.store.ts';

/** Rows are seen later than the time that they name, and clocks of several processes differ. */
const settleMs = 60_000;
/** The embedded database works in the thread of the server, which a slice holds up for some milliseconds; on MariaDB it is the way there that takes the time. */
const sliceSizes = { sqlite: 400, mariadb: 4_000 };
const name = 'usage';

/**
 * Adds the ledger to the figures of usage, once, in the order in which requests began, as far as all of them have ended: a row that has ended never
 * changes again. It reads the ledger and writes nothing to it, so that metering does not wait for it. What a whole ledger holds when it is counted for the first time goes by licence into the figures of months (countMonths).
 */
export async function countUsage(deps: Pick<Deps, 'db' | 'now'>, isOver: () => boolean): Promise<void> {
  const { db, now } = deps;
  const { engine } = databaseHandles(db);
  for (;;) {
    const hasMore = await inTurn(db, engine, now(), (trx) => countSlice(trx, engine, now()));
    if (isOver()) return;
    if (!hasMore) break;
    await othersTurn();
  }
  await countMonths(deps, isOver);
}

/** Counts the next part of the ledger; false when there is no more that can be counted now. */
async function countSlice(trx: Db, engine: Engine, now: number): Promise<boolean> {
  const cursor = await findCursor(trx, name);
  const from = cursor?.position ?? 0;
  const monthsFrom = await startOfMonths(trx, engine, cursor === undefined, now - settleMs, now);
  const isFirst = from < monthsFrom;
  const limit = isFirst ? monthsFrom : now - settleMs;
  const end = Math.min(limit, await endOfSlice(trx, from, sliceSizes[engine], limit));
  if (end <= from) return false;
  const reservedAt = isFirst ? undefined : await firstReserved(trx, from, end);
  const until = reservedAt ?? end;
  if (until > from) {
    await addUsage(trx, engine, await sumUsage(trx, from, until), !isFirst);
    await saveCursor(trx, engine, name, { position: until, entityId: '' }, now);
  }
  return reservedAt === undefined && (end < limit || isFirst);
}
