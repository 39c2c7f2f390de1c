import { may, type Permission } from '../access/access.rules.ts';

/** What an API token may do, and the permission that a person needs for the same in the dashboard. */
const scopes = {
  'customers.read': 'customers.read',
  'customers.write': 'customers.write',
  'customers.delete': 'customers.delete',
  'licenses.read': 'licenses.read',
  'licenses.issue': 'licenses.issue',
  'licenses.write': 'licenses.write',
  'keys.read': 'keys.read',
  'orders.read': 'orders.read',
  'orders.write': 'settings.write',
  'subscriptions.read': 'subscriptions.read',
  'subscriptions.write': 'settings.write',
  'products.read': 'products.read',
  'products.write': 'products.write',
  'plans.read': 'products.read',
  'plans.write': 'products.write',
  'usage.read': 'usage.read',
  'statistics.read': 'overview.read',
  'emails.read': 'emails.read',
  'emails.write': 'emails.resend',
  'deliveries.read': 'deliveries.read',
  'deliveries.write': 'deliveries.replay',
  'webhooks.read': 'webhooks.write',
  'webhooks.write': 'webhooks.write',
  'providers.read': 'providers.read',
  'providers.write': 'providers.write',
  'organizations.read': 'organizations.read',
  'organizations.write': 'organizations.write',
  'users.read': 'users.write',
  'users.write': 'users.write',
  'exports.read': 'customers.read',
  'imports.write': 'import.write',
  'audit.read': 'audit.read',
  'settings.read': 'settings.write',
  'settings.write': 'settings.write',
  admin: 'tokens.write',
} as const satisfies Record<string, Permission>;

export type ApiScope = keyof typeof scopes;

/** Every scope, in the order in which people read them. */
export const apiScopes = Object.keys(scopes) as [ApiScope, ...ApiScope[]];

/** Scopes that come with another one. */
const includes: Partial<Record<ApiScope, readonly ApiScope[]>> = { admin: apiScopes, 'licenses.write': ['licenses.issue'] };

/** Whether the token of an organisation may hold this scope: those that a reseller holds in the portal, and everything that they open is bounded by the organisation's subtree. */
export function isForOrganizations(scope: ApiScope): boolean {
  return may('reseller', scopes[scope]);
}

/** Whether these scopes cover the one that is needed. */
export function covers(held: readonly ApiScope[], needed: ApiScope): boolean {
  return held.some((scope) => scope === needed || includes[scope]?.includes(needed) === true);
}

/** The scopes that a stored token holds. One that this version does not know allows nothing. */
export function knownScopes(column: string): ApiScope[] {
  const held: unknown = JSON.parse(column);
  return Array.isArray(held) ? apiScopes.filter((scope) => held.includes(scope)) : [];
}
