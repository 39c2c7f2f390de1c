import { wasTouchedByOthers } from '../audit/list-audit.ts';
import type { Actor } from '../audit/record-audit.ts';
import { changeCustomer, deleteCustomer } from '../customers/change-customer.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { releaseSite } from '../licenses/activate-site.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { findTermsPaidBy } from '../licenses/find-terms.ts';
import { removeUntouchedLicense } from '../licenses/remove-license.ts';
import { restorePlan } from '../licenses/restore-plan.ts';
import { deleteSourceOf, insertProblems, listItemsBackwards, type Import, type ImportItem, type ImportProblem } from './imports.store.ts';
import type { ImportReport } from './report.rules.ts';
import { importActor } from './work.ts';

type Undone = { done: 'removed' | 'restored' | 'nothing' } | { left: string };

/** Takes back a slice of what an import has made, the last first, in the caller's transaction. Returns the report with it. */
export async function undoItems(db: Db, row: Import, { from, before }: { from: number; before: number }, report: ImportReport, now: number): Promise<ImportReport> {
  const by = { actor: importActor(row.id) };
  const undo = { ...report.undo };
  const problems: ImportProblem[] = [];
  for (const item of await listItemsBackwards(db, row.id, before, before - from)) {
    const undone = await undoItem(db, item, by, now);
    if ('left' in undone) {
      undo.left += 1;
      // In the order of the file when they are read.
      problems.push({ import_id: row.id, phase: 'undo', seq: item.seq, line: item.line, field: item.kind, code: undone.left, entity_id: item.entity_id });
    } else if (undone.done !== 'nothing') undo[undone.done] += 1;
  }
  await insertProblems(db, problems);
  return { ...report, undo };
}

function undoItem(db: Db, item: ImportItem, by: Actor, now: number): Promise<Undone> {
  switch (item.kind) {
    case 'license':
      return undoLicense(db, item, by, now);
    case 'customer':
      return undoCustomer(db, item, by, now);
    case 'customer_details':
      return undoCustomerChange(db, item, by, now);
    case 'license_plan':
      return orGone(async () => undoPlan(db, item, by, now));
    case 'license_term':
      return orGone(async () => undoTerm(db, item, by, now));
    case 'license_site':
      return orGone(async () => ({ done: (await releaseSite(db, item.entity_id, JSON.parse(item.after_json ?? '""') as string, by, now)) ? 'removed' : 'nothing' }));
    default:
      throw new Error(`an import makes no "${item.kind}"`);
  }
}

async function undoLicense(db: Db, { entity_id: id }: ImportItem, by: Actor, now: number): Promise<Undone> {
  const outcome = await removeUntouchedLicense(db, id, by, by.actor, now);
  if (outcome === 'removed') await deleteSourceOf(db, id);
  if (outcome === 'gone') return { done: 'nothing' };
  return outcome === 'removed' ? { done: 'removed' } : { left: `license_${outcome}` };
}

async function undoCustomer(db: Db, { entity_id: id }: ImportItem, by: Actor, now: number): Promise<Undone> {
  if (await wasTouchedByOthers(db, 'customer', id, by.actor)) return { left: 'customer_changed' };
  try {
    await deleteCustomer(db, id, by, now);
    return { done: 'removed' };
  } catch (error) {
    if (error instanceof AppError && error.code === 'CUSTOMER_IN_USE') return { left: 'customer_in_use' };
    if (error instanceof AppError && error.code === 'NOT_FOUND') return { done: 'nothing' };
    throw error;
  }
}

type Person = { name: string; company: string | null; locale: string };

function undoCustomerChange(db: Db, { entity_id: id, before_json, after_json }: ImportItem, by: Actor, now: number): Promise<Undone> {
  return orGone(async () => {
    const { name, company, locale } = await getCustomer(db, id);
    const after = JSON.parse(after_json ?? '{}') as Person;
    if (name !== after.name || company !== after.company || locale !== after.locale) return { left: 'customer_changed' };
    await changeCustomer(db, id, JSON.parse(before_json ?? '{}') as Person, by, now);
    return { done: 'restored' };
  });
}

async function undoPlan(db: Db, { entity_id: id, before_json, after_json }: ImportItem, by: Actor, now: number): Promise<Undone> {
  const plans = { from: JSON.parse(after_json ?? '""') as string, to: JSON.parse(before_json ?? '""') as string, reason: by.actor };
  return (await restorePlan(db, id, plans, by, now)) ? { done: 'restored' } : { left: 'license_changed' };
}

async function undoTerm(db: Db, { entity_id: id, after_json }: ImportItem, by: Actor, now: number): Promise<Undone> {
  const transactionId = JSON.parse(after_json ?? '""') as string;
  const [term] = await findTermsPaidBy(db, [id], { provider: 'import', account: 'main', transactionId });
  if (!term || term.isVoided) return { done: 'nothing' };
  await changeLicense(db, id, { type: 'void-term', termId: term.id, reason: by.actor }, by, now);
  return { done: 'restored' };
}

/** What is not there any more needs no undoing. */
async function orGone(undo: () => Promise<Undone>): Promise<Undone> {
  try {
    return await undo();
  } catch (error) {
    if (error instanceof AppError && error.code === 'NOT_FOUND') return { done: 'nothing' };
    throw error;
  }
}
