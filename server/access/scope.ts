import { sql, type RawBuilder, type SqlBool } from 'kysely';

/** Whose rows somebody sees and changes: everything, a node of the tree of organisations with all below it, or one customer's own. */
export type Scope = { kind: 'all' } | { kind: 'organization'; id: string; path: string } | { kind: 'customer'; customerId: string };

export const everything: Scope = { kind: 'all' };

type Condition = RawBuilder<SqlBool>;

/** For `.where(...)` of a query over `customers`. */
export function customersWithin(scope: Scope): Condition {
  if (scope.kind === 'all') return always;
  return scope.kind === 'customer' ? sql`customers.id = ${scope.customerId}` : sql`customers.organization_id in ${subtree(scope.path)}`;
}

/** For `.where(...)` of a query over `licenses`. */
export function licensesWithin(scope: Scope): Condition {
  if (scope.kind === 'all') return always;
  return scope.kind === 'customer' ? sql`licenses.customer_id = ${scope.customerId}` : sql`licenses.organization_id in ${subtree(scope.path)}`;
}

/** For `.where(...)` of a query over `orders`. An order whose customer is not known yet belongs to the operator. */
export function ordersWithin(scope: Scope): Condition {
  return scope.kind === 'all' ? always : sql`orders.customer_id in ${customerIds(scope)}`;
}

/** For `.where(...)` of a query over `subscriptions`. One that no licence follows belongs to the operator. */
export function subscriptionsWithin(scope: Scope): Condition {
  return scope.kind === 'all' ? always : sql`exists (select 1 from licenses where licenses.subscription_id = subscriptions.id and ${licensesWithin(scope)})`;
}

/** For `.where(...)` of any query with a column that names a licence (`usage_records.license_id`). */
export function ofLicensesWithin(scope: Scope, column: string): Condition {
  return scope.kind === 'all' ? always : sql`${sql.ref(column)} in (select licenses.id from licenses where ${licensesWithin(scope)})`;
}

/** For `.where(...)` of a query over `organizations`: a node itself and all below it. */
export function organizationsWithin(scope: Scope): Condition {
  if (scope.kind === 'all') return always;
  return scope.kind === 'organization' ? sql`organizations.path >= ${scope.path} and organizations.path < ${endOfSubtree(scope.path)}` : sql`1 = 0`;
}

const always: Condition = sql`1 = 1`;

function customerIds(scope: Scope): RawBuilder<unknown> {
  return sql`(select customers.id from customers where ${customersWithin(scope)})`;
}

function subtree(path: string): RawBuilder<unknown> {
  return sql`(select organizations.id from organizations where organizations.path >= ${path} and organizations.path < ${endOfSubtree(path)})`;
}

/** Paths end in '/', and '0' is the character after it: a range, which both databases find in the index, unlike a pattern. */
function endOfSubtree(path: string): string {
  return `${path.slice(0, -1)}0`;
}
