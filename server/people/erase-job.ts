import { setImmediate as otherWork } from 'node:timers/promises';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { redactAudit } from '../audit/redact-audit.ts';
import { customerErased } from '../customers/customer-status.rules.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { anonymizeLicense, anonymizeUsage, deleteEmails, listEmailIds, listLicenseIdsAfter } from './erase-customer.store.ts';
import type { Traces } from './erase-customer.ts';
import { deleteProviderCustomers, eraseDeliveries, eraseImportItems, eraseJobs, findProviderCustomers, listImports } from './erase-traces.store.ts';

const rowsAtOnce = 500;
const licensesAtOnce = 20;
const by: Actor = { actor: 'system' };

/** The job behind eraseCustomer: goes through all tables in slices, each a transaction. It may be broken off anywhere and run again. */
export async function eraseTraces({ db, now }: Deps, traces: Traces): Promise<void> {
  const { customerId, emails, users } = traces;
  let lines = 0;
  const redact = async (about: Parameters<typeof redactAudit>[1]) => {
    for (let found = rowsAtOnce; found > 0; ) {
      found = await transact(db, (trx) => redactAudit(trx, about, now()));
      lines += found;
      await otherWork();
    }
  };
  await inSlices(async (after) => {
    const ids = await listLicenseIdsAfter(db, customerId, after, licensesAtOnce);
    for (const id of ids) {
      await eraseLicense(db, id, now());
      await redact({ entity: 'license', entityId: id });
    }
    return ids.length === licensesAtOnce ? ids.at(-1) : undefined;
  });
  await inSlices(async () => {
    const ids = await listEmailIds(db, traces, rowsAtOnce);
    for (const id of ids) await redact({ entity: 'email', entityId: id });
    if (ids.length > 0) await transact(db, (trx) => deleteEmails(trx, ids));
    return ids.length === rowsAtOnce ? '' : undefined;
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
  for (const { id, items } of await listImports(db)) {
    for (let seq = 0; seq <= items; await otherWork()) {
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

async function eraseLicense(db: Db, id: string, now: number): Promise<void> {
  await transact(db, (trx) => changeLicense(trx, id, { type: 'cancel', reason: customerErased }, by, now));
  for (let from: number | undefined = 0; from !== undefined; ) {
    const begin: number = from;
    from = await transact(db, (trx) => anonymizeUsage(trx, id, begin, rowsAtOnce));
    await otherWork();
  }
  await transact(db, (trx) => anonymizeLicense(trx, id));
}

/** Runs `slice` from the beginning until it names no place to go on from; others have their turn in between. */
async function inSlices(slice: (after: string) => Promise<string | undefined>): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    after = await slice(after);
    await otherWork();
  }
}
