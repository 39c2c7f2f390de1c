import { lookupKey } from '../licenses/license-key.rules.ts';
import type { Scope } from '../access/scope.ts';
import type { Customer } from '../customers/customers.store.ts';
import { findCustomerWithin } from '../customers/customers.store.ts';
import type { Deps } from '../deps.ts';
import type { LicenseStatus } from '../licenses/license-status.rules.ts';
import { listNodes, type Node } from '../people/organizations.store.ts';
import { listPlans, type Plan } from '../plans/plans.store.ts';
import { licenseSorts, type LicenseFilter } from '../people/license-filter.store.ts';
import { findLicenseIds } from './licenses-list.store.ts';
import { searchTerms } from './search.rules.ts';

export const statuses: LicenseStatus[] = ['active', 'pending', 'suspended', 'expired', 'cancelled'];

export type LicenseParameters = { q: string; status: string | undefined; plan: string | undefined; organization: string | undefined; customer: string | undefined; sort: string | undefined };
type ReadFilter = {
  filter: LicenseFilter;
  /** The filter as an address names it; a whole key does not stay in it. */
  parameters: LicenseParameters;
  plans: Plan[];
  nodes: Node[];
  customer: Pick<Customer, 'id' | 'name'> | undefined;
  /** The one licence, when a whole key was searched for. */
  keyId: string | undefined;
  isKeySearch: boolean;
  isCut: boolean;
};

/** The filter that an address names, within the reader's scope; what is no filter is left out. */
export async function readLicenseFilter({ db, vault }: Pick<Deps, 'db' | 'vault'>, scope: Scope, query: Record<string, string>): Promise<ReadFilter> {
  const q = (query['q'] ?? '').trim().slice(0, 320);
  const plans = await listPlans(db);
  const nodes = await listNodes(db, scope);
  const status = statuses.find((candidate) => candidate === query['status']);
  const sort = licenseSorts.find((candidate) => candidate === query['sort']);
  const plan = plans.find(({ code }) => code === query['plan']);
  const node = nodes.find(({ id }) => id === query['organization']);
  const customer = query['customer'] === undefined ? undefined : await findCustomerWithin(db, scope, query['customer'].slice(0, 64));
  const { canonicalKey, ...terms } = searchTerms(q);
  // It may be the key of another system.
  const lookup = canonicalKey ?? lookupKey(q);
  const search = q === '' ? undefined : await findLicenseIds(db, scope, { ...terms, digest: lookup === undefined ? undefined : vault.digest(lookup) });
  const isKeySearch = canonicalKey !== undefined;
  const within: Scope | undefined = node && { kind: 'organization', id: node.id, path: node.path };
  return {
    filter: { scope, within, status, sort, planId: plan?.id, customerId: customer?.id, ids: search?.ids },
    parameters: { q: isKeySearch ? '' : q, status, plan: plan?.code, organization: node?.id, customer: customer?.id, sort },
    plans,
    nodes,
    customer,
    keyId: isKeySearch ? search?.ids[0] : undefined,
    isKeySearch,
    isCut: search?.isCut ?? false,
  };
}
