import { othersTurn } from '../others-turn.ts';
import { z } from 'zod';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { csvText } from '../csv.rules.ts';
import { placesAfter, rowsAt, type Order, type Place } from '../db/keyset.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { cellsOf, headerOf } from './export-cells.rules.ts';
import type { Records, Rows } from './records.ts';

/** Few enough that no other request waits for a batch, also on the embedded database, which reads in this process: another request waits for two or three of them. */
const rowsAtOnce = 100;

export const exportFormats = ['csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A file that is made while it is sent. */
export type ExportFile = { name: string; type: string; chunks: AsyncGenerator<string, void, undefined> };

/** Ids in the order of the file, a batch at a time: each is asked for when the receiver has taken the one before. */
export type IdBatches = AsyncGenerator<string[], void, undefined>;

/**
 * The records with these ids as a file, read in batches as the receiver takes them: ending the generator ends the reading. The first batch
 * is read before it returns, so whatever is wrong with the query is thrown here and not in the middle of a file. `asked`: the filters, for the audit log.
 */
export async function exportRecords<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  deps: Pick<Deps, 'db' | 'now'>,
  records: Records<Table, Filters, Item>,
  { ids, format, asked, by }: { ids: IdBatches; format: ExportFormat; asked: Record<string, unknown>; by: Actor },
): Promise<ExportFile> {
  const batches = batchesOf(deps, records, ids);
  const first = await batches.next();
  const at = deps.now();
  await recordAudit(deps.db, by, { action: 'export.made', entity: 'export', entityId: records.name, after: { format, ...asked } }, at);
  const name = `${records.name}-${new Date(at).toISOString().slice(0, 10)}.${format}`;
  return { name, type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8', chunks: format === 'csv' ? csvChunks(records, first, batches) : jsonChunks(first, batches) };
}

/** The ids of everything that a query leaves, found by their places. */
export function idsInOrder<Table extends keyof Schema>(rows: Rows<Table>, order: Order): IdBatches {
  return idsByPlace((after, limit) => placesAfter(rows, order, after, limit));
}

/** The ids of a list, which is read after a place each time. */
export async function* idsByPlace(read: (after: Place | undefined, limit: number) => Promise<Place[]>): IdBatches {
  for (let after: Place | undefined; ; ) {
    const places = await read(after, rowsAtOnce);
    if (places.length > 0) yield places.map(({ id }) => id);
    if (places.length < rowsAtOnce) return;
    after = places.at(-1);
  }
}

type Batches<Item> = AsyncGenerator<Item[], void, undefined>;

async function* batchesOf<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>({ db, now }: Pick<Deps, 'db' | 'now'>, { load }: Records<Table, Filters, Item>, batches: IdBatches): Batches<z.input<Item> & { id: string }> {
  for await (const ids of batches) {
    yield await rowsAt(ids.map((id) => ({ at: '', id })), (found) => load(db, found, now()));
    await othersTurn();
  }
}

async function* csvChunks<Item extends object>(records: Pick<Records, 'item' | 'cells'>, first: IteratorResult<Item[], void>, rest: Batches<Item>): AsyncGenerator<string, void, undefined> {
  const header = headerOf(records.item.shape);
  yield csvText([header]);
  const lines = (items: Item[]) => csvText(items.map((item) => cellsOf(header, item, records.cells)));
  for await (const items of withFirst(first, rest)) yield lines(items);
}

async function* jsonChunks<Item extends object>(first: IteratorResult<Item[], void>, rest: Batches<Item>): AsyncGenerator<string, void, undefined> {
  let before = '[\n';
  for await (const items of withFirst(first, rest)) {
    for (const item of items) {
      yield `${before}${JSON.stringify(item)}`;
      before = ',\n';
    }
  }
  yield before === ',\n' ? '\n]\n' : '[]\n';
}

async function* withFirst<Item>(first: IteratorResult<Item[], void>, rest: Batches<Item>): Batches<Item> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
