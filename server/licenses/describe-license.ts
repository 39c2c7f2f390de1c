import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { monthStart } from '../usage/period.rules.ts';
import type { Vault } from '../vault.ts';
import { lookupKey } from './license-key.rules.ts';
import { statusAt } from './license-status.rules.ts';
import { findLicenseFacts, getLicense, listActivations, listTerms, type Activation, type LicenseFacts, type License } from './licenses.store.ts';

export type LicenseDescription = {
  license: License;
  facts: LicenseFacts;
  /** The status at the moment of asking. */
  status: string;
  customer: Awaited<ReturnType<typeof getCustomer>>;
  activations: Activation[];
  terms: Awaited<ReturnType<typeof listTerms>>;
  requestsThisMonth: number;
};

/** Everything that is known of the licence with this key; undefined when nobody has the key. */
export async function describeLicense(db: Db, vault: Vault, key: string, now: number): Promise<LicenseDescription | undefined> {
  const lookup = lookupKey(key);
  const facts = lookup === undefined ? undefined : await findLicenseFacts(db, vault.digest(lookup));
  if (!facts) return undefined;
  return {
    license: await getLicense(db, facts.id),
    facts,
    status: statusAt(facts, now),
    customer: await getCustomer(db, facts.customer_id),
    activations: await listActivations(db, facts.id),
    terms: (await listTerms(db, facts.id)).sort((a, b) => a.paid_at - b.paid_at),
    requestsThisMonth: facts.month_start === monthStart(now) ? (facts.month_requests ?? 0) : 0,
  };
}
