import { othersTurn } from '../others-turn.ts';
import { databaseHandles, type Db, type Engine } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { findCursor, saveCursor } from './figures.store.ts';
import { inTurn } from './in-turn.ts';
import { addMonths } from './usage-figures.store.ts';
import { endOfPart, findOldestRunning, nextLicense, sumMonths } from './usage-months.store.ts';

const sliceSizes = { sqlite: 500, mariadb: 5_000 };
/** What was there when the ledger was first counted: until when (position), and of which licence the next row is; empty when all is counted. */
export const monthsCursor = 'usage-months';
/** From which moment on the rows of that licence are not counted yet. */
const placeCursor = 'usage-months-place';

/**
 * From when on the figures of months go along with those of days. Before, they are counted licence by licence: a ledger of millions of requests names, in the order of
 * time, another licence in each row, and each would be looked for on another page of the disk. The first call, with `isFirst`, settles the moment.
 */
export async function startOfMonths(trx: Db, engine: Engine, isFirst: boolean, limit: number, now: number): Promise<number> {
  const known = await findCursor(trx, monthsCursor);
  if (known || !isFirst) return known?.position ?? 0;
  const from = Math.min(limit, (await findOldestRunning(trx)) ?? limit);
  await saveCursor(trx, engine, monthsCursor, { position: from, entityId: (await nextLicense(trx, '')) ?? '' }, now);
  return from;
}

/** Counts the months of what was there at first, in slices, each with its place in one transaction. */
export async function countMonths({ db, now }: Pick<Deps, 'db' | 'now'>, isOver: () => boolean): Promise<void> {
  const { engine } = databaseHandles(db);
  while (!isOver()) {
    const hasMore = await inTurn(db, engine, now(), async (trx) => {
      const cursor = await findCursor(trx, monthsCursor);
      if (!cursor || cursor.entityId === '') return false;
      const { position: until, entityId: license } = cursor;
      const from = (await findCursor(trx, placeCursor))?.position ?? 0;
      const end = await endOfPart(trx, license, from, until, sliceSizes[engine]);
      // A part is many whole licences, or a stretch of one that fills a slice by itself.
      const part = from > 0 || end?.license === license
        ? { license, from, until: end?.license === license ? Math.max(end.at, from + 1) : until }
        : { license, before: end?.license, from: 0, until };
      await addMonths(trx, engine, await sumMonths(trx, part));
      const isWithin = part.before === undefined && part.until < until;
      const next = isWithin ? license : 'before' in part ? (part.before ?? '') : ((await nextLicense(trx, license)) ?? '');
      await saveCursor(trx, engine, placeCursor, { position: isWithin ? part.until : 0, entityId: '' }, now());
      await saveCursor(trx, engine, monthsCursor, { position: until, entityId: next }, now());
      return next !== '';
    });
    if (!hasMore) return;
    await othersTurn();
  }
}
