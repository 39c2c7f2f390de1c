/**
 * What an API token may do. `organization`: whether the token of an organisation may hold it, because everything that it opens is bounded by
 * the organisation's subtree; all others are for the operator's own tokens.
 */
const scopes = {
  'customers.read': { organization: true },
  'customers.write': { organization: true },
  'licenses.read': { organization: true },
  'licenses.write': { organization: true },
  'keys.read': { organization: true },
  'orders.read': { organization: true },
  'orders.write': { organization: false },
  'subscriptions.read': { organization: true },
  'subscriptions.write': { organization: false },
  'products.read': { organization: false },
  'products.write': { organization: false },
  'plans.read': { organization: false },
  'plans.write': { organization: false },
  'usage.read': { organization: true },
  'statistics.read': { organization: true },
  'emails.read': { organization: true },
  'emails.write': { organization: false },
  'deliveries.read': { organization: false },
  'deliveries.write': { organization: false },
  'webhooks.read': { organization: false },
  'webhooks.write': { organization: false },
  'providers.read': { organization: false },
  'providers.write': { organization: false },
  'users.read': { organization: true },
  'users.write': { organization: true },
  'organizations.read': { organization: true },
  'organizations.write': { organization: true },
  'exports.read': { organization: true },
  'audit.read': { organization: false },
  'settings.read': { organization: false },
  'settings.write': { organization: false },
  admin: { organization: false },
} as const satisfies Record<string, { organization: boolean }>;

export type ApiScope = keyof typeof scopes;

/** Every scope, in the order in which people read them. */
export const apiScopes = Object.keys(scopes) as ApiScope[];

export function isApiScope(text: string): text is ApiScope {
  return Object.hasOwn(scopes, text);
}

/** Whether the token of an organisation may hold this scope. */
export function isForOrganizations(scope: ApiScope): boolean {
  return scopes[scope].organization;
}

/** Whether these scopes cover the one that is needed: `admin` covers all. */
export function covers(held: readonly string[], needed: ApiScope): boolean {
  return held.includes('admin') || held.includes(needed);
}
