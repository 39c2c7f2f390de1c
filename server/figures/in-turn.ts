import { transact, type Db, type Engine } from '../db/database.ts';
import { takeFigures } from './figures.store.ts';

/** One transaction of counting; those of several processes follow each other. Not synced: the figures follow from what is, and after a power failure they are counted again. */
export function inTurn<Result>(db: Db, engine: Engine, now: number, work: (trx: Db) => Promise<Result>): Promise<Result> {
  return transact(db, async (trx) => {
    await takeFigures(trx, engine, now);
    return work(trx);
  }, 'unsynced');
}
