import { setImmediate as nextTurn } from 'node:timers/promises';
import { databaseHandles } from '../db/database.ts';
import type { Deps } from '../deps.ts';
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
 * changes again. It reads the ledger and writes nothing to it, so that metering does not wait for it.
 */
export async function countUsage({ db, now }: Pick<Deps, 'db' | 'now'>, isOver: () => boolean): Promise<void> {
  const { engine } = databaseHandles(db);
  for (;;) {
    const hasMore = await inTurn(db, engine, now(), async (trx) => {
      const from = (await findCursor(trx, name))?.position ?? 0;
      const limit = now() - settleMs;
      const end = Math.min(limit, await endOfSlice(trx, from, sliceSizes[engine], limit));
      if (end <= from) return false;
      const reservedAt = await firstReserved(trx, from, end);
      const until = reservedAt ?? end;
      if (until > from) {
        await addUsage(trx, engine, await sumUsage(trx, from, until));
        await saveCursor(trx, engine, name, { position: until, entityId: '' }, now());
      }
      return reservedAt === undefined && end < limit;
    });
    if (!hasMore || isOver()) return;
    await nextTurn();
  }
}
