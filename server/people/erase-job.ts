import { othersTurn } from '../others-turn.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { redactAudit } from '../audit/redact-audit.ts';
import { customerErased } from '../customers/customer-status.rules.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { eraseAnswers } from '../idempotency/answer-once.ts';
import { eraseLinesOfFiles } from '../imports/import-lines.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { anonymizeLicense, anonymizeUsage, deleteEmails, listEmailIds, listLicenseIdsAfter } from './erase-customer.store.ts';
import type { Traces } from './erase-customer.ts';
import { deleteProviderCustomers, eraseDeliveries, eraseImportItems, eraseJobs, findProviderCustomers, listImportedLines, listImports } from './erase-traces.store.ts';
import { mentionOf } from './mentions.rules.ts';

const rowsAtOnce = 500;
const licensesAtOnce = 20;
const idPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const by: Actor = { actor: 'system' };

/** The job behind eraseCustomer: goes through all tables in slices, each a transaction. It may be broken off anywhere and run again. */
export async function eraseTraces({ db, vault, now }: Deps, traces: Traces): Promise<void> {
  const { customerId, emails, users } = traces;
  const ids = new Set([customerId]);
  let lines = 0;
  const redact = async (about: Parameters<typeof redactAudit>[1]) => {
    for (let found = rowsAtOnce; found > 0; ) {
      found = await transact(db, (trx) => redactAudit(trx, about, now()));
      lines += found;
      await othersTurn();
    }
  };
  await inSlices(async (after) => {
    const licenses = await listLicenseIdsAfter(db, customerId, after, licensesAtOnce);
    for (const id of licenses) {
      ids.add(id);
      await eraseLicense(db, id, now());
      await redact({ entity: 'license', entityId: id });
    }
    return licenses.length === licensesAtOnce ? licenses.at(-1) : undefined;
  });
  await inSlices(async () => {
    const found = await listEmailIds(db, traces, rowsAtOnce);
    for (const id of found) await redact({ entity: 'email', entityId: id });
    if (found.length > 0) await transact(db, (trx) => deleteEmails(trx, found));
    return found.length === rowsAtOnce ? '' : undefined;
  });
  const known: { id: string; external_id: string }[] = [];
  await inSlices(async (after) => {
    const { last, found } = await findProviderCustomers(db, traces, after, rowsAtOnce);
    known.push(...found);
    return last;
  });
  const externalIds = known.map(({ external_id: id }) => id);
  await inSlices((after) => transact(db, (trx) => eraseDeliveries(trx, { emails, externalIds }, after, rowsAtOnce)));
  // Last, because the deliveries are found by their ids: also when all this has to be done again.
  await transact(db, (trx) => deleteProviderCustomers(trx, known.map(({ id }) => id)));
  await inSlices((after) => transact(db, (trx) => eraseJobs(trx, emails, `erase-customer:${customerId}`, after, rowsAtOnce)));
  const mentions = mentionOf(emails);
  const tellsOf = (text: string) => mentions(text) || (text.match(idPattern) ?? []).some((id) => ids.has(id));
  await eraseAnswers(db, vault, { ofKey: mentionOf(emails, 'key'), ofAnswer: tellsOf });
  // Before the entries that tell which lines have become something of theirs, also under another address.
  const linesOf = await importedLines(db, customerId);
  await eraseLinesOfFiles(db, vault, async (importId) => {
    const numbers = await linesOf(importId);
    return ({ line, cells }) => numbers.has(line) || cells.some(mentions);
  });
  for (const { id, items } of await listImports(db)) {
    for (let seq = 0; seq <= items; await othersTurn()) {
      const from = seq;
      seq = await transact(db, (trx) => eraseImportItems(trx, customerId, id, from, rowsAtOnce));
    }
  }
  for (const { id, email } of users) {
    await redact({ entity: 'user', entityId: id });
    await redact({ actor: `user:${email}`.slice(0, 190) });
  }
  await redact({ entity: 'customer', entityId: customerId });
  // Sealed with the chain: how many lines were emptied is not for anybody to change later.
  await transact(db, (trx) => recordAudit(trx, by, { action: 'customer.erasure_completed', entity: 'customer', entityId: customerId, after: { audit_lines: lines } }, now()));
}

/** Tells of an import which lines of its file have made or changed something of a customer. */
async function importedLines(db: Db, customerId: string): Promise<(importId: string) => Promise<Set<number>>> {
  const imports = new Map((await listImports(db)).map(({ id, items }) => [id, items]));
  return async (importId) => {
    const lines = new Set<number>();
    for (let seq = 0; seq <= (imports.get(importId) ?? -1); seq += rowsAtOnce) {
      for (const line of await listImportedLines(db, customerId, importId, seq, rowsAtOnce)) lines.add(line);
      await othersTurn();
    }
    return lines;
  };
}

async function eraseLicense(db: Db, id: string, now: number): Promise<void> {
  await transact(db, (trx) => changeLicense(trx, id, { type: 'cancel', reason: customerErased }, by, now));
  for (let from: number | undefined = 0; from !== undefined; ) {
    const begin: number = from;
    from = await transact(db, (trx) => anonymizeUsage(trx, id, begin, rowsAtOnce));
    await othersTurn();
  }
  await transact(db, (trx) => anonymizeLicense(trx, id));
}

/** Runs `slice` from the beginning until it names no place to go on from; others have their turn in between. */
async function inSlices(slice: (after: string) => Promise<string | undefined>): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    after = await slice(after);
    await othersTurn();
  }
}
