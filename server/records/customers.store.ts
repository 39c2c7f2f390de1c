import { z } from 'zod';
import { customersWithin } from '../access/scope.ts';
import { customerBody, customerShape } from '../customers/customer-body.ts';
import { emailAddress, emailKey } from '../customers/customer.rules.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { between, having } from './conditions.store.ts';
import type { Records } from './records.ts';

const filters = { email: emailAddress.optional().meta({ description: 'The customer with this address, however it is written.', example: 'anna@example.com' }), ...createdFilters };
const item = customerShape.extend({ licenses: z.int().meta({ description: 'How many licences the customer has.' }) }).meta({ id: 'CustomerRecord' });

/** Customers with the number of their licences. */
export const customerRecords: Records<'customers', typeof filters, typeof item> = {
  table: 'customers', name: 'customers', what: 'customer', operations: { list: 'listCustomers', read: 'readCustomerRecord' }, tag: 'Customers', scope: 'customers.read',
  item, filters, sorts: { created_at: 'customers.created_at', email: 'customers.email_key' },
  select: (db, { email, created_from, created_to }, { scope }) => having(between(db.selectFrom('customers').where(customersWithin(scope)), 'customers.created_at', { from: created_from, to: created_to }), 'customers.email_key', email === undefined ? undefined : emailKey(email)),
  async load(db, ids) {
    const rows = await db.selectFrom('customers').selectAll().where('id', 'in', ids).execute();
    const counts = await db.selectFrom('licenses').select(['customer_id', (eb) => eb.fn.countAll<number>().as('count')]).where('customer_id', 'in', ids).groupBy('customer_id').execute();
    const countOf = new Map(counts.map(({ customer_id, count }) => [customer_id, count]));
    return rows.map((row) => ({ ...customerBody(row), licenses: countOf.get(row.id) ?? 0 }));
  },
};
