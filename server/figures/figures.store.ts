import { fixedStatement, runStatement, type Db, type Engine } from '../db/database.ts';
import { cursorsTable, figuresTable, putRows, sourcesTable, wordsTable } from './add-amounts.store.ts';
import { distinctOf, type Amounts, type SourceKind } from './amounts.rules.ts';
import { padded, type Counted } from './sources.store.ts';

export type Cursor = { position: number; entityId: string };

/** Makes everybody who counts follow each other, to the end of the transaction. */
export async function takeFigures(db: Db, engine: Engine, now: number): Promise<void> {
  await putRows(db, engine, cursorsTable, [{ name: 'lock', position: 0, entity_id: '', updated_at: now }]);
}

export async function findCursor(db: Db, name: string): Promise<(Cursor & { updatedAt: number }) | undefined> {
  const row = await db.selectFrom('figure_cursors').selectAll().where('name', '=', name).executeTakeFirst();
  return row && { position: row.position, entityId: row.entity_id, updatedAt: row.updated_at };
}

export async function saveCursor(db: Db, engine: Engine, name: string, { position, entityId }: Cursor, now: number): Promise<void> {
  await putRows(db, engine, cursorsTable, [{ name, position, entity_id: entityId, updated_at: now }]);
}

/** What is in the figures of these now. */
export async function findCounted(db: Db, kind: SourceKind, ids: string[]): Promise<Map<string, Counted>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('figure_sources').select(['entity_id', 'facts', 'next_at']).where('kind', '=', kind).where('entity_id', 'in', padded(ids)).execute();
  return new Map(rows.map((row) => [row.entity_id, { facts: row.facts, nextAt: row.next_at }]));
}

/** Ids that are in the figures, after one and up to another (to the end without one). */
export async function listCountedIds(db: Db, kind: SourceKind, afterId: string, untilId: string | undefined, limit: number): Promise<string[]> {
  let query = db.selectFrom('figure_sources').select('entity_id').where('kind', '=', kind).where('entity_id', '>', afterId);
  if (untilId !== undefined) query = query.where('entity_id', '<=', untilId);
  return (await query.orderBy('entity_id').limit(limit).execute()).map((row) => row.entity_id);
}

/** Ids whose facts have changed by themselves. */
export async function listDue(db: Db, kind: SourceKind, now: number, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('figure_sources').select('entity_id').where('kind', '=', kind).where('next_at', '<=', now).orderBy('next_at').limit(limit).execute();
  return rows.map((row) => row.entity_id);
}

export async function saveCounted(db: Db, engine: Engine, kind: SourceKind, counted: Map<string, Counted>): Promise<void> {
  await putRows(db, engine, sourcesTable, [...counted].map(([entity_id, { facts, nextAt }]) => ({ kind, entity_id, facts, next_at: nextAt })));
}

export async function deleteCounted(db: Db, kind: SourceKind, ids: string[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('figure_sources').where('kind', '=', kind).where('entity_id', 'in', padded(ids)).execute();
}

/** The amounts that stand of those among the changes that are counted as distinct, by the keys of `changes`. */
export async function findDistinct(db: Db, changes: Amounts): Promise<Map<string, number>> {
  const wanted = [...changes.values()].filter(({ name, amount }) => name === distinctOf.counted && amount !== 0);
  const standing = new Map<string, number>();
  for (const scopeId of new Set(wanted.map(({ scope_id }) => scope_id))) {
    const details = [...new Set(wanted.filter(({ scope_id }) => scope_id === scopeId).map(({ detail }) => detail))];
    const labels = [...new Set(wanted.map(({ label }) => label))];
    const rows = await db.selectFrom('figures').select(['label', 'detail', 'amount']).where('scope_id', '=', scopeId).where('name', '=', distinctOf.counted).where('bucket', '=', 0).where('label', 'in', padded(labels)).where('detail', 'in', padded(details)).execute();
    for (const { label, detail, amount } of rows) standing.set([scopeId, distinctOf.counted, 0, label, detail].join('\n'), amount);
  }
  return standing;
}

export async function addFigures(db: Db, engine: Engine, amounts: Amounts): Promise<void> {
  await putRows(db, engine, figuresTable, [...amounts.values()].filter(({ amount }) => amount !== 0));
}

export type Word = { scope_id: string; word: string; customer_id: string };

export async function addWords(db: Db, engine: Engine, words: Word[]): Promise<void> {
  await putRows(db, engine, wordsTable, words);
}

export async function deleteWords(db: Db, words: Word[]): Promise<void> {
  for (const { scope_id, word, customer_id } of words) await db.deleteFrom('customer_words').where('scope_id', '=', scope_id).where('word', '=', word).where('customer_id', '=', customer_id).execute();
}

const derived = ['figures', 'figure_sources', 'customer_words', 'usage_days', 'usage_hours', 'usage_months'] as const;

/** Deletes at most `limit` rows of what was counted; false when nothing is left. */
export async function deleteSome(db: Db, engine: Engine, limit: number): Promise<boolean> {
  for (const table of derived) {
    const text = engine === 'sqlite' ? `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} LIMIT ?1)` : `DELETE FROM ${table} LIMIT ?1`;
    const { changed } = await runStatement(db, fixedStatement(text), [limit]);
    if (changed > 0) return true;
  }
  await db.deleteFrom('figure_cursors').where('name', 'not in', ['lock', 'version']).execute();
  return false;
}
