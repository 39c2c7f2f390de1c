import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import type { BillingAdapter, ListedChange } from './adapter.ts';
import { alertOperator } from './alert-operator.ts';
import { listKnownEvents, moveCursor, readCursor } from './billing.store.ts';
import { mainAccount } from './billing-events.ts';
import { billingProviders } from './providers.ts';
import { receiveDelivery } from './receive-delivery.ts';

/** What a provider wrote a moment before it was asked may not be in its list yet. */
const overlapMs = 10 * 60_000;

export type Reconciliation = { provider: string; since: number; seen: number; added: number; repaired: string[] };

/** A provider that is down for a moment is nobody's business. */
const patienceMs = 30 * 60_000;

/**
 * The job that asks every provider, whose API is configured, for what changed since the last time. One that does not answer does not
 * hold up the others; after half an hour the operator is told.
 */
export async function reconcileProviders(deps: Deps): Promise<void> {
  const failures: string[] = [];
  for (const adapter of billingProviders(deps)) {
    if (!adapter.listChanges) continue;
    try {
      await reconcileProvider(deps, adapter);
    } catch (error) {
      const problem = errorText(error);
      failures.push(`${adapter.name}: ${problem}`);
      await tellOfSilence(deps, adapter, problem);
    }
  }
  if (failures.length > 0) throw new Error(failures.join(' '));
}

async function tellOfSilence({ db, config, now }: Deps, adapter: BillingAdapter, problem: string): Promise<void> {
  const at = now();
  const lastAnswer = await readCursor(db, cursorOf(adapter));
  // One that has never answered: its first look begins the half hour.
  if (lastAnswer === undefined) await transact(db, (trx) => moveCursor(trx, cursorOf(adapter), at, at));
  else if (at - lastAnswer > patienceMs) await transact(db, (trx) => alertOperator(trx, config, { cause: `silent:${adapter.name}`, kind: 'silent', provider: adapter.name, problem }, at));
}

/**
 * Puts every change that a provider lists and that is not here into the inbox, as if it had been delivered; applying bears repetition,
 * so the end is the same as by the deliveries. Without `since` it goes on where it last stopped; the very first time it begins now, so
 * that a new server does not take up an old shop unasked. Throws when the provider does not answer.
 */
export async function reconcileProvider({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, adapter: BillingAdapter, since?: number): Promise<Reconciliation> {
  const startedAt = now();
  const from = since ?? (await reconcileStart(db, adapter, startedAt));
  const repaired = (await adapter.repairDelivery?.()) ?? [];
  for (const problem of repaired) await transact(db, (trx) => alertOperator(trx, config, { cause: `webhooks:${adapter.name}`, kind: 'webhook', provider: adapter.name, problem }, now()));
  const { seen, changes } = await listMissing(db, adapter, from);
  let added = 0;
  for (const { identity, body } of changes) if (await receiveDelivery(db, adapter.name, identity, body, now())) added += 1;
  await transact(db, (trx) => moveCursor(trx, cursorOf(adapter), startedAt, now()));
  return { provider: adapter.name, since: from, seen, added, repaired };
}

/** Where a look without `since` begins. */
export async function reconcileStart(db: Db, adapter: BillingAdapter, now: number): Promise<number> {
  return ((await readCursor(db, cursorOf(adapter))) ?? now) - overlapMs;
}

/** The changes since a moment that have not come, by webhook or by an earlier look. Oldest first: any order would do, and this one asks the provider for least. */
export async function listMissing(db: Db, adapter: BillingAdapter, since: number): Promise<{ seen: number; changes: ListedChange[] }> {
  if (!adapter.listChanges) throw new Error(`${adapter.name} has no API configured.`);
  const changes: ListedChange[] = [];
  let seen = 0;
  for await (const page of adapter.listChanges(since)) {
    seen += page.length;
    const known = await listKnownEvents(db, adapter.name, mainAccount, page.map(({ identity }) => identity.eventId));
    changes.push(...page.filter(({ identity }) => !known.has(identity.eventId)));
  }
  return { seen, changes: changes.toSorted((a, b) => (a.identity.occurredAt ?? 0) - (b.identity.occurredAt ?? 0)) };
}

function cursorOf({ name }: BillingAdapter): string {
  return `reconcile:${name}`;
}
