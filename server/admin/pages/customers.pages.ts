import { getCustomer } from '../../customers/get-customer.ts';
import type { Deps } from '../../deps.ts';
import { listOrdersOfCustomer } from '../license-detail.store.ts';
import { listLicensesOfCustomer } from '../licenses-list.store.ts';
import { listAudit, listCustomers } from '../lists.store.ts';
import { pageLinks, pageRequest } from '../paging.store.ts';
import { page, type Page } from '../web/page.ts';

/** Who bought. */
export function customerPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/customers', 'customers.read', async ({ query, t }) => {
      const q = (query['q'] ?? '').trim().slice(0, 320);
      const found = await listCustomers(db, q, pageRequest(query));
      return { view: 'customers', title: t('nav.customers'), data: { q, ...found, links: pageLinks('/customers', { q }, found) } };
    }),

    page('get', '/customers/:id', 'customers.read', async ({ params }) => {
      const customer = await getCustomer(db, params['id'] ?? '');
      const licenses = await listLicensesOfCustomer(db, customer.id, now());
      const orders = await listOrdersOfCustomer(db, customer.id);
      const audit = await listAudit(db, { entity: 'customer', entityId: customer.id }, {});
      return { view: 'customer', title: customer.name, data: { customer, licenses, orders, audit: audit.rows } };
    }),
  ];
}
