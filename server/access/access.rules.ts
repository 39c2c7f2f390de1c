/** Who somebody is. The first two work for the operator and see everything; the others see their own subtree, or their own licences. */
export const roles = ['superadmin', 'support', 'reseller', 'sub_company', 'agent', 'customer'] as const;
export type Role = (typeof roles)[number];

const everybody = roles;
const operators = ['superadmin', 'support'] as const;
const sellers = ['reseller', 'sub_company', 'agent'] as const;

/** What may be done, and by whom. Everybody does it within their own scope (scope.ts); a page or route without a line here does not exist. */
const holders = {
  'own-account': everybody,
  'overview.read': [...operators, ...sellers],
  'search': [...operators, ...sellers],
  'customers.read': [...operators, ...sellers],
  'customers.write': ['superadmin', ...sellers],
  'customers.validate': ['superadmin', 'reseller', 'sub_company'],
  'customers.assign': ['superadmin', 'reseller', 'sub_company'],
  'customers.delete': ['superadmin'],
  'licenses.read': everybody,
  'licenses.issue': ['superadmin', ...sellers],
  'licenses.write': ['superadmin'],
  'licenses.confirm': ['superadmin', 'reseller', 'sub_company'],
  'keys.read': everybody,
  'sites.release': everybody,
  'orders.read': [...operators, ...sellers],
  'subscriptions.read': [...operators, ...sellers],
  'usage.read': everybody,
  'emails.read': operators,
  'emails.resend': operators,
  'deliveries.read': operators,
  'deliveries.replay': ['superadmin'],
  'webhooks.write': ['superadmin'],
  'products.read': operators,
  'products.write': ['superadmin'],
  'providers.read': operators,
  'providers.write': ['superadmin'],
  'audit.read': operators,
  'tokens.write': ['superadmin'],
  'organizations.read': [...operators, 'reseller', 'sub_company'],
  'organizations.write': ['superadmin', 'reseller', 'sub_company'],
  'users.write': ['superadmin', 'reseller', 'sub_company'],
  'import.write': ['superadmin'],
  'settings.write': ['superadmin'],
  'system.read': operators,
} as const satisfies Record<string, readonly Role[]>;

/** Who signs in with a password, and so can have an authenticator app; customers come by a link. */
export const passwordRoles = [...operators, ...sellers] as const satisfies readonly Role[];

export type Permission = keyof typeof holders;

/** Whether a role holds a permission. */
export function may(role: Role, permission: Permission): boolean {
  const allowed: readonly Role[] = holders[permission];
  return allowed.includes(role);
}

/** Whether the role belongs to the operator: only these sign in to the dashboard on the loopback address, and only the others to the portal. */
export function isOperator(role: Role): boolean {
  return role === 'superadmin' || role === 'support';
}

/** A role as it is stored. Throws for one that is not known. */
export function asRole(text: string): Role {
  const role = roles.find((candidate) => candidate === text);
  if (!role) throw new Error(`"${text}" is no role`);
  return role;
}
