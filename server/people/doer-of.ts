import { may, type Permission, type Role } from '../access/access.rules.ts';
import type { Doer } from '../customers/create-customer.ts';
import { AppError } from '../errors.ts';
import type { ApiCaller } from '../http/admin-auth.ts';

/**
 * Whoever holds an API token, with the rights that somebody of the dashboard with the same reach has: the operator's token those of the
 * operator, an organisation's those of a reseller. Throws FORBIDDEN when these do not hold the permission, whatever the token's scopes say.
 */
export function doerOf({ scope, by }: ApiCaller, permission: Permission): Doer {
  const role: Role = scope.kind === 'all' ? 'superadmin' : 'reseller';
  if (!may(role, permission)) throw new AppError('FORBIDDEN', 'The API token of an organisation may not do this.', { field: 'headers.authorization' });
  return { role, scope, by };
}
