import { othersTurn } from '../others-turn.ts';
import { databaseHandles } from '../db/database.ts';
import type { Place } from '../db/keyset.ts';
import type { Deps } from '../deps.ts';
import { recount } from './count-figures.ts';
import { inTurn } from './in-turn.ts';
import { listIdsOfOrganization, listOfCustomers, listSubtree } from './sources.store.ts';

const sliceSize = 100;
const mostOrders = 1_000;

/**
 * The job behind the move of an organisation: customers, licences and orders of its subtree count for those above its new place, and their
 * words are found there. It takes slices and may be broken off and run again; whatever it misses the ring of countFigures finds.
 */
export async function recountOrganization({ db, now }: Pick<Deps, 'db' | 'now'>, { organizationId }: { organizationId: string }): Promise<void> {
  const { engine } = databaseHandles(db);
  for (const node of await listSubtree(db, organizationId)) {
    for (const kind of ['customer', 'license'] as const) {
      for (let after: Place | undefined, isMore = true; isMore; await othersTurn()) {
        const places = await listIdsOfOrganization(db, kind, node, after, sliceSize);
        const ids = places.map(({ id }) => id);
        await inTurn(db, engine, now(), async (trx) => {
          await recount(trx, engine, kind, ids, now());
          if (kind === 'customer') await recount(trx, engine, 'order', await listOfCustomers(trx, 'order', ids, mostOrders), now());
        });
        after = places.at(-1);
        isMore = places.length === sliceSize;
      }
    }
  }
}
