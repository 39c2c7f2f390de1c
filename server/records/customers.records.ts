import { z } from 'zod';
import { customersWithin } from '../access/scope.ts';
import { customerBody, customerShape } from '../customers/customer-body.ts';
import { emailAddress, emailKey } from '../customers/customer.rules.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { isNotErased } from '../people/customer-filter.store.ts';
import { between, having } from './conditions.store.ts';
import { count, idFilter, nullableId } from './record.rules.ts';
import type { Records } from './records.ts';

const status = z.enum(['pending', 'validated', 'suspended']);
const filters = {
  email: emailAddress.optional().meta({ description: 'The customer with this address, however it is written.', example: 'anna@example.com' }),
  status: status.optional(),
  organization_id: idFilter('organisation itself, not of those below it'),
  ...createdFilters,
};
const item = customerShape
  .extend({ status: status.meta({ description: 'A pending one waits to be confirmed.' }), organization_id: nullableId.meta({ description: 'Null: the operator’s own.' }), licenses: count.meta({ description: 'How many licences the customer has.' }) })
  .meta({ id: 'CustomerRecord' });

/** Customers with the number of their licences. */
export const customerRecords: Records<'customers', typeof filters, typeof item> = {
  table: 'customers', name: 'customers', what: 'customer', operations: { list: 'listCustomers', read: 'readCustomerRecord' }, tag: 'Customers', scope: 'customers.read',
  item, filters, sorts: { created_at: 'customers.created_at', email: 'customers.email_key' },
  select(db, { email, status: wanted, organization_id, created_from, created_to }, { scope }) {
    const rows = having(db.selectFrom('customers').where(customersWithin(scope)).where(isNotErased), 'customers.email_key', email === undefined ? undefined : emailKey(email));
    return between(having(having(rows, 'customers.status', wanted), 'customers.organization_id', organization_id), 'customers.created_at', { from: created_from, to: created_to });
  },
  async load(db, ids) {
    const rows = await db.selectFrom('customers').selectAll().where('id', 'in', ids).execute();
    const counts = await db.selectFrom('licenses').select(['customer_id', (eb) => eb.fn.countAll<number>().as('count')]).where('customer_id', 'in', ids).groupBy('customer_id').execute();
    const countOf = new Map(counts.map(({ customer_id, count: licenses }) => [customer_id, licenses]));
    return rows.map((row) => ({ ...customerBody(row), status: status.parse(row.status), organization_id: row.organization_id, licenses: countOf.get(row.id) ?? 0 }));
  },
};
