import { may } from '../../access/access.rules.ts';
import type { Scope } from '../../access/scope.ts';
import { actionsOn, customerStatuses } from '../../customers/customer-status.rules.ts';
import { listOldEmails } from '../../customers/customers.store.ts';
import { getCustomerWithin } from '../../customers/get-customer.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { findNodeName, listNodes, type Node } from '../../people/organizations.store.ts';
import { dollarText } from '../../usage/dollars.rules.ts';
import { monthStart } from '../../usage/period.rules.ts';
import { countLicensesOfCustomer, listEmailsOfCustomer, sumUsageOfCustomer } from '../customer-detail.store.ts';
import { customerSorts, type CustomerFilter } from '../../people/customer-filter.store.ts';
import { findCustomerIds, listCustomers, placeKind } from '../customers-list.store.ts';
import { listOrdersOfCustomer } from '../license-detail.store.ts';
import { licensesOfCustomerShown, listLicensesOfCustomer } from '../licenses-list.store.ts';
import { listAudit } from '../lists.store.ts';
import { addressOf, pageLinks } from '../paging.store.ts';
import { sortedRequest } from '../sorted-page.store.ts';
import { formatDollars } from '../web/format.ts';
import { page, type Page } from '../web/page.ts';

const statuses = customerStatuses.filter((status) => status !== 'erased');
const historyLength = 8;
const doneTexts = ['created', 'changed', 'validate', 'suspend', 'reactivate', 'assigned', 'merged', 'erased'];

/** Who bought: the list, and each customer with everything that belongs to them. */
export function customerPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/customers', 'customers.read', async ({ query, scope, role, t }) => {
      const { filter, parameters, nodes, isCut } = await readCustomerFilter(db, scope, query);
      const sort = filter.sort ?? 'newest';
      const found = await listCustomers(db, filter, sortedRequest(query, placeKind(sort)));
      const data = {
        ...found,
        q: parameters.q,
        isCut,
        isFiltered: parameters.q !== '' || filter.status !== undefined || filter.within !== undefined,
        statuses: statuses.map((code) => ({ code, isCurrent: code === filter.status })),
        sorts: customerSorts.map((code) => ({ code, isCurrent: code === sort })),
        nodes: nodeFilter(nodes, parameters.organization, scope),
        hidden: Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => ({ name, value })),
        bulk: may(role, 'customers.validate'),
        mayAssign: may(role, 'customers.assign') && nodes.length > 0,
        mayWrite: may(role, 'customers.write'),
        exportHref: addressOf('/exports/customers', parameters),
        links: pageLinks('/customers', parameters, found),
        done: query['done'] === 'erased' ? t('people.done.erased') : undefined,
      };
      return { view: 'customers', title: t('nav.customers'), data };
    }),

    page('get', '/customers/:id', 'customers.read', async ({ params, query, role, scope, locale, t }) => {
      const customer = await getCustomerWithin(db, scope, params['id'] ?? '');
      const oldEmails = await listOldEmails(db, customer.id);
      const licenseCount = await countLicensesOfCustomer(db, customer.id);
      const done = doneTexts.find((candidate) => candidate === query['done']);
      const usage = await sumUsageOfCustomer(db, customer.id, monthStart(now()));
      const data = {
        customer,
        oldEmails,
        organization: await findNodeName(db, customer.organization_id),
        licenses: await listLicensesOfCustomer(db, customer.id, now()),
        licenseCount,
        hasMoreLicenses: licenseCount > licensesOfCustomerShown,
        orders: await listOrdersOfCustomer(db, customer.id),
        emails: may(role, 'emails.read') ? await listEmailsOfCustomer(db, customer.id, [customer.email, customer.email_key, ...oldEmails]) : undefined,
        usage: { ...usage, cost: formatDollars(dollarText(usage.costMicrocents), locale) },
        audit: (await listAudit(db, { entity: 'customer', entityId: customer.id }, {})).rows.slice(0, historyLength),
        actions: may(role, 'customers.validate') ? actionsOn(customer.status) : [],
        may: { write: may(role, 'customers.write'), assign: may(role, 'customers.assign'), delete: may(role, 'customers.delete'), issue: may(role, 'licenses.issue'), audit: may(role, 'audit.read') },
        done: done && t(`people.done.${done}`),
      };
      return { view: 'customer', title: customer.name, data };
    }),
  ];
}

export type CustomerParameters = { q: string; status: string | undefined; organization: string | undefined; sort: string | undefined };

/** The filter that an address names, within the reader's scope; what is no filter is left out. */
export async function readCustomerFilter(db: Db, scope: Scope, query: Record<string, string>): Promise<{ filter: CustomerFilter; parameters: CustomerParameters; nodes: Node[]; isCut: boolean }> {
  const q = (query['q'] ?? '').trim().slice(0, 320);
  const status = statuses.find((candidate) => candidate === query['status']);
  const sort = customerSorts.find((candidate) => candidate === query['sort']);
  const nodes = await listNodes(db, scope);
  const node = nodes.find(({ id }) => id === query['organization']);
  const search = q === '' ? undefined : await findCustomerIds(db, scope, q);
  const within: Scope | undefined = node && { kind: 'organization', id: node.id, path: node.path };
  return { filter: { scope, status, sort, within, ids: search?.ids }, parameters: { q, status, organization: node?.id, sort }, nodes, isCut: search?.isCut ?? false };
}

/** The tree as a filter; none for whoever sees one node alone. */
export function nodeFilter(nodes: Node[], current: string | undefined, scope: Scope): ReturnType<typeof nodesOf> {
  return scope.kind === 'all' || nodes.length > 1 ? nodesOf(nodes, current) : [];
}

/** The tree as a list to choose from, children under their parents. */
export function nodesOf(nodes: Node[], current: string | null | undefined): { id: string; name: string; isCurrent: boolean }[] {
  const top = Math.min(...nodes.map(({ path }) => path.split('/').length));
  return nodes.map(({ id, name, path }) => ({ id, name: `${'\u2014 '.repeat(path.split('/').length - top)}${name}`, isCurrent: id === current }));
}
