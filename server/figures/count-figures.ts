import { othersTurn } from '../others-turn.ts';
import { databaseHandles, type Db, type Engine } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { addContribution, distinctChanges, type Amounts, type FactsOf, type SourceKind } from './amounts.rules.ts';
import { countUsage } from './count-usage.ts';
import type { CustomerFacts } from './facts.rules.ts';
import { addFigures, addWords, deleteCounted, deleteSome, deleteWords, findCounted, findCursor, findDistinct, listCountedIds, listDue, saveCounted, saveCursor, type Word } from './figures.store.ts';
import { inTurn } from './in-turn.ts';
import { feeds, listIdsAfter, listOfCustomers, loadFacts, type Counted } from './sources.store.ts';

/** Raised when the rules of counting change: what an older version has counted is counted anew. */
const figuresVersion = 1;
const kinds: SourceKind[] = ['customer', 'license', 'order'];
const sliceSize = 100;
const deletedAtOnce = 2_000;
const mostOfCustomers = 1_000;
/** Transactions are seen later than the time that they write, and clocks of several processes differ. */
const overlapMs = 30_000;
const budgetMs = 4_000;
/** Behind, it works for two thirds of the time: a first count of millions takes minutes, and all others get their turn after each slice. */
const pauseMs = 2_000;

type Work = Pick<Deps, 'db' | 'now'>;
/** When a run has to end. */
type Until = () => boolean;

/**
 * The job that keeps the figures: it counts what has changed since it looked last (licences, customers, orders by the time of their change and by the audit log,
 * licences that ran out, the ledger of AI requests), and looks at some of the others each time, in a ring, so that whatever escaped it (a deletion, a row
 * moved to another organisation) is put right too. Everything is counted as the difference to what is known to be in the figures, in the
 * transaction that writes this down: a run that ends early or is repeated counts nothing twice. Returns when it wants to go on, if there is more to count.
 */
export async function countFigures(deps: Work): Promise<{ goOnInMs: number } | undefined> {
  const endsAt = performance.now() + budgetMs;
  const isOver = () => performance.now() > endsAt;
  await countAll(deps, isOver);
  return isOver() ? { goOnInMs: pauseMs } : undefined;
}

/** Forgets all figures and counts everything anew. Meanwhile they are incomplete. */
export async function rebuildFigures(deps: Work): Promise<void> {
  const engine = engineOf(deps);
  await inTurn(deps.db, engine, deps.now(), (trx) => saveCursor(trx, engine, 'version', { position: 0, entityId: '' }, deps.now()));
  await countAll(deps, () => false);
}

async function countAll(deps: Work, isOver: Until): Promise<void> {
  const { db, now } = deps;
  const engine = engineOf(deps);
  if (!(await isCurrent(deps, isOver))) return;
  for (const kind of kinds) {
    await countChanged(deps, 'audited', kind, isOver);
    await countChanged(deps, 'changed', kind, isOver);
    await countDue(deps, kind, isOver);
    if (!isOver()) await checkSome(deps, kind);
  }
  await countUsage(deps, isOver);
  if (!isOver()) await inTurn(db, engine, now(), (trx) => saveCursor(trx, engine, 'counted', { position: now(), entityId: '' }, now()));
}

function engineOf({ db }: Pick<Deps, 'db'>): Engine {
  return databaseHandles(db).engine;
}

/** Makes sure that the figures are those of this version, however often it is interrupted: what is older goes first. */
async function isCurrent({ db, now }: Work, isOver: Until): Promise<boolean> {
  const engine = engineOf({ db });
  for (;;) {
    const step = await inTurn(db, engine, now(), async (trx) => {
      if ((await findCursor(trx, 'version'))?.position === figuresVersion) return 'current';
      if (await deleteSome(trx, engine, deletedAtOnce)) return 'more';
      await saveCursor(trx, engine, 'version', { position: figuresVersion, entityId: '' }, now());
      return 'current';
    });
    if (step === 'current') return true;
    if (isOver()) return false;
    await othersTurn();
  }
}

async function countChanged({ db, now }: Work, feed: keyof typeof feeds, kind: SourceKind, isOver: Until): Promise<void> {
  const engine = engineOf({ db });
  const name = `${feed}:${kind}`;
  const last = await findCursor(db, name);
  if (last === undefined && feed === 'audited') {
    // What the log knows from before is counted as it is now by the rows themselves.
    await inTurn(db, engine, now(), (trx) => saveCursor(trx, engine, name, { position: now(), entityId: '' }, now()));
    return;
  }
  let from = { position: last === undefined ? 0 : Math.max(0, last.position - overlapMs), entityId: '' };
  while (!isOver()) {
    const rows = await feeds[feed](db, kind, from.position, from.entityId, sliceSize);
    const newest = rows.at(-1);
    if (!newest) return;
    from = { position: newest.at, entityId: newest.placeId };
    await inTurn(db, engine, now(), async (trx) => {
      const ids = [...new Set(rows.map(({ id }) => id))];
      await recount(trx, engine, kind, ids, now());
      // What moves to another organisation with its customer.
      if (feed === 'audited' && kind === 'customer') for (const belonging of ['license', 'order'] as const) await recount(trx, engine, belonging, await listOfCustomers(trx, belonging, ids, mostOfCustomers), now());
      const known = await findCursor(trx, name);
      if (known === undefined || known.position < from.position) await saveCursor(trx, engine, name, from, now());
    });
    if (rows.length < sliceSize) return;
    await othersTurn();
  }
}

async function countDue({ db, now }: Work, kind: SourceKind, isOver: Until): Promise<void> {
  const engine = engineOf({ db });
  while (!isOver()) {
    const ids = await listDue(db, kind, now(), sliceSize);
    if (ids.length > 0) await inTurn(db, engine, now(), (trx) => recount(trx, engine, kind, ids, now()));
    if (ids.length < sliceSize) return;
    await othersTurn();
  }
}

/** The next part of the ring: what is there and what is counted between two ids. */
async function checkSome({ db, now }: Work, kind: SourceKind): Promise<void> {
  const engine = engineOf({ db });
  const name = `checked:${kind}`;
  await inTurn(db, engine, now(), async (trx) => {
    const afterId = (await findCursor(trx, name))?.entityId ?? '';
    const ids = await listIdsAfter(trx, kind, afterId, sliceSize);
    const known = await listCountedIds(trx, kind, afterId, ids.length === sliceSize ? ids.at(-1) : undefined, sliceSize);
    // More was counted here than is there: the ring goes on where this look ends.
    const isCut = known.length === sliceSize;
    const until = isCut && (ids.length < sliceSize || (known.at(-1) ?? '') < (ids.at(-1) ?? '')) ? known.at(-1) : ids.length === sliceSize ? ids.at(-1) : undefined;
    const looked = [...new Set([...ids, ...known])].filter((id) => until === undefined || id <= until);
    await recount(trx, engine, kind, looked, now());
    await saveCursor(trx, engine, name, { position: 0, entityId: until ?? '' }, now());
  });
}

/** Counts these as they are now: what they were counted as is taken away. */
export async function recount(trx: Db, engine: Engine, kind: SourceKind, ids: string[], now: number): Promise<void> {
  const before = await findCounted(trx, kind, ids);
  const after = await loadFacts(trx, kind, ids, now);
  const amounts: Amounts = new Map();
  const changed = new Map<string, Counted>();
  const gone: string[] = [];
  const words: { added: Word[]; removed: Word[] } = { added: [], removed: [] };
  for (const id of new Set(ids)) {
    const [was, is] = [before.get(id), after.get(id)];
    if (was?.facts === is?.facts && was?.nextAt === is?.nextAt) continue;
    if (is) changed.set(id, is);
    else gone.push(id);
    if (was?.facts === is?.facts) continue;
    if (was) addContribution(amounts, kind, JSON.parse(was.facts) as FactsOf[SourceKind], -1);
    if (is) addContribution(amounts, kind, JSON.parse(is.facts) as FactsOf[SourceKind], 1);
    if (kind === 'customer') compareWords(words, id, was, is);
  }
  if (changed.size === 0 && gone.length === 0) return;
  const distinct = distinctChanges(amounts, await findDistinct(trx, amounts));
  await addFigures(trx, engine, new Map([...amounts, ...distinct]));
  await saveCounted(trx, engine, kind, changed);
  await deleteCounted(trx, kind, gone);
  await deleteWords(trx, words.removed);
  await addWords(trx, engine, words.added);
}

function compareWords({ added, removed }: { added: Word[]; removed: Word[] }, id: string, was: Counted | undefined, is: Counted | undefined): void {
  const [old, current] = [wordRows(id, was), wordRows(id, is)];
  for (const [key, word] of old) if (!current.has(key)) removed.push(word);
  for (const [key, word] of current) if (!old.has(key)) added.push(word);
}

function wordRows(id: string, counted: Counted | undefined): Map<string, Word> {
  if (counted === undefined) return new Map();
  const { s, w } = JSON.parse(counted.facts) as CustomerFacts;
  return new Map(s.flatMap((scope_id) => w.map((word) => [`${scope_id}\n${word}`, { scope_id, word, customer_id: id }] as const)));
}
