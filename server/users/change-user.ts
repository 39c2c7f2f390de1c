import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { holdGuard } from '../db/hold-guard.ts';
import { AppError } from '../errors.ts';
import { assertManages, roleAt } from './invite-user.ts';
import { findManagedUser, type ManagedUser } from './manage-users.store.ts';
import { hashPassword } from './password.ts';
import { oneTimeText } from './one-time-text.ts';
import { deleteSessionsOfUser } from './sessions.store.ts';
import { endSessionOf } from './sessions.ts';
import { removeTotp } from './totp.ts';
import { deleteLinksOfUser } from './user-links.store.ts';
import type { Manager } from './manager.ts';
import { countOtherSuperadmins, updateUser } from './users.store.ts';

const passwordGroups = 5;

/** `place`: as in an invitation. */
export type UserChange = { type: 'name'; name: string } | { type: 'place'; place: string } | { type: 'disable' } | { type: 'enable' } | { type: 'reset-totp' } | { type: 'end-sessions' } | { type: 'end-session'; handle: string };

/** An account in sight. Throws NOT_FOUND. */
export async function getManagedUser(db: Db, scope: Manager['scope'], id: string): Promise<ManagedUser> {
  const user = await findManagedUser(db, scope, id);
  if (!user) throw new AppError('NOT_FOUND', 'There is no such account.', { field: 'path.id' });
  return user;
}

/**
 * Changes an account, in the caller's transaction. Whoever is disabled or gets another role is signed out everywhere at once.
 * Repeating a change changes nothing. Throws NOT_FOUND out of sight, FORBIDDEN for an account that is not below the own, and CONFLICT
 * for the own account and the last superadmin.
 */
export async function changeUser(db: Db, id: string, change: UserChange, manager: Manager & { userId?: string | undefined }, by: Actor, now: number): Promise<ManagedUser> {
  const isTaking = change.type === 'disable' || change.type === 'place';
  if (isTaking) await holdGuard(db, 'superadmins');
  await updateUser(db, id, { updated_at: now });
  const before = await getManagedUser(db, manager.scope, id);
  assertManages(manager, before);
  if (isTaking && id === manager.userId) throw new AppError('CONFLICT', 'This is your own account. Somebody else must do this.');
  if (isTaking && before.role === 'superadmin' && (await countOtherSuperadmins(db, id)) === 0) throw new AppError('CONFLICT', 'This is the last superadmin who can sign in.');
  await apply(db, before, change, manager, by, now);
  return getManagedUser(db, manager.scope, id);
}

async function apply(db: Db, user: ManagedUser, change: UserChange, manager: Manager, by: Actor, now: number): Promise<void> {
  const { id } = user;
  const record = (action: string, before?: unknown, after?: unknown) => recordAudit(db, by, { action, entity: 'user', entityId: id, before, after }, now);
  switch (change.type) {
    case 'name':
      if (change.name === user.name) return;
      await updateUser(db, id, { name: change.name });
      return record('user.changed', { name: user.name }, { name: change.name });
    case 'place': {
      const { role, organizationId } = await roleAt(db, change.place, manager);
      if (role === user.role && organizationId === user.organization_id) return;
      await updateUser(db, id, { role, organization_id: organizationId });
      await deleteLinksOfUser(db, id);
      await deleteSessionsOfUser(db, id);
      return record('user.role_changed', { role: user.role, organization_id: user.organization_id }, { role, organization_id: organizationId });
    }
    case 'disable':
      if (user.disabled_at !== null) return;
      await updateUser(db, id, { disabled_at: now });
      await deleteLinksOfUser(db, id);
      await deleteSessionsOfUser(db, id);
      return record('user.disabled');
    case 'enable':
      if (user.disabled_at === null) return;
      await updateUser(db, id, { disabled_at: null });
      return record('user.enabled');
    case 'reset-totp':
      if (user.totp_confirmed_at === null) return;
      await deleteSessionsOfUser(db, id);
      return removeTotp(db, id, by, now);
    case 'end-sessions':
      await deleteSessionsOfUser(db, id);
      return record('user.signed_out_everywhere');
    case 'end-session':
      if (await endSessionOf(db, id, change.handle)) return record('user.session_ended');
  }
}

/** Gives an account a one-time password and signs it out everywhere, in the caller's transaction: for the operator at the command line. Returns the password, stored nowhere readable. */
export async function resetPassword(db: Db, id: string, by: Actor, now: number): Promise<string> {
  const password = oneTimeText(passwordGroups);
  await updateUser(db, id, { password_hash: await hashPassword(password), must_change_password: 1, invited_at: null, updated_at: now });
  await deleteLinksOfUser(db, id);
  await deleteSessionsOfUser(db, id);
  await recordAudit(db, by, { action: 'user.password_reset', entity: 'user', entityId: id }, now);
  return password;
}
