import type { Scope } from '../access/scope.ts';
import type { Actor } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { extendLicense } from '../licenses/extend-license.ts';
import { getLicenseWithin, type License } from '../licenses/licenses.store.ts';
import { assignCustomer } from '../people/assign-customer.ts';
import { sendLicenseKey } from '../people/send-license-key.ts';
import { setCustomerStatus } from '../people/set-customer-status.ts';
import type { ChangeInput } from './batch-kinds.ts';

type Doing = { scope: Scope; by: Actor; batchId: string };

/** Does to one row what a batch does to all, by the use case that a page would use. Throws what that throws: the row is skipped. */
export async function applyChange({ db, config }: Pick<Deps, 'db' | 'config'>, input: ChangeInput, id: string, { scope, by, batchId }: Doing, now: number): Promise<void> {
  switch (input.kind) {
    case 'suspend-licenses': {
      const license = await getLicenseWithin(db, scope, id);
      if (isEnded(license)) throw new AppError('CONFLICT', 'The licence has ended.');
      await changeLicense(db, id, { type: 'suspend', reason: input.reason }, by, now);
      return;
    }
    case 'reactivate-licenses': {
      const license = await getLicenseWithin(db, scope, id);
      if (license.suspended_at === null && !isEnded(license)) throw new AppError('CONFLICT', 'The licence is not suspended.');
      await changeLicense(db, id, { type: 'reactivate', reason: input.reason }, by, now);
      return;
    }
    case 'extend-licenses': {
      if (isEnded(await getLicenseWithin(db, scope, id))) throw new AppError('CONFLICT', 'The licence has ended.');
      await extendLicense(db, id, { months: input.months }, input.reason, by, now);
      return;
    }
    case 'change-plan':
      await getLicenseWithin(db, scope, id);
      await changeLicense(db, id, { type: 'change-plan', planId: input.planId, reason: input.reason }, by, now);
      return;
    case 'send-keys': {
      const license = await getLicenseWithin(db, scope, id);
      if (license.status !== 'active') throw new AppError('CONFLICT', 'The licence is not active.');
      await sendLicenseKey(db, config, id, { scope, by, cause: batchId }, now);
      return;
    }
    case 'validate-customers':
      await setCustomerStatus(db, config, id, { action: 'validate', reason: input.reason, sendKeys: input.sendKeys }, { scope, by }, now);
      return;
    case 'suspend-customers':
      await setCustomerStatus(db, config, id, { action: 'suspend', reason: input.reason }, { scope, by }, now);
      return;
    case 'reactivate-customers':
      await setCustomerStatus(db, config, id, { action: 'reactivate', reason: input.reason }, { scope, by }, now);
      return;
    case 'assign-customers':
      await assignCustomer(db, id, input.organizationId, { scope, by }, now, input.reason);
  }
}

function isEnded({ cancelled_at, revoked_at }: License): boolean {
  return cancelled_at !== null || revoked_at !== null;
}
