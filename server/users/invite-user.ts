import { asRole, type Role } from '../access/access.rules.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Config } from '../config.ts';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { findPlace } from './manage-users.store.ts';
import { managesPath, managesUser, type Manager } from './manager.ts';
import { findUser, findUserByEmailKey, insertUser, newUser, updateUser, type User } from './users.store.ts';

/** `place`: a role of the operator's own people, or the id of an organisation, whose kind is the role. */
export type Invitation = { email: string; name: string; place: string; locale: string };

/**
 * Adds an account without a password and writes to its address; the link in the e-mail works once, for seven days. In the caller's
 * transaction. Throws FORBIDDEN for a role that is not below the own, NOT_FOUND for an organisation that is not in sight, CONFLICT
 * when the address is taken.
 */
export async function inviteUser(db: Db, config: Pick<Config, 'publicUrl'>, { email, name, place, locale }: Invitation, manager: Manager, by: Actor, now: number): Promise<User> {
  const { role, organizationId } = await roleAt(db, place, manager);
  const user = newUser({ id: newId(), email: email.trim(), name: name.trim(), role, organizationId }, now);
  user.invited_at = now;
  if (!(await insertUser(db, user))) throw new AppError('CONFLICT', 'There is an account with this e-mail address already.', { field: 'body.email' });
  await recordAudit(db, by, { action: 'user.invited', entity: 'user', entityId: user.id, after: { email: user.email, name: user.name, role, organization_id: organizationId } }, now);
  await writeInvitation(db, config, user, locale, now);
  return user;
}

/** Sends the invitation once more, with a new link. Throws NOT_FOUND, and CONFLICT when the account has come already or is disabled. */
export async function inviteAgain(db: Db, config: Pick<Config, 'publicUrl'>, userId: string, locale: string, by: Actor, now: number): Promise<void> {
  const user = await findUser(db, userId);
  if (!user) throw new AppError('NOT_FOUND', 'There is no such account.', { field: 'path.id' });
  if (user.invited_at === null || user.disabled_at !== null) throw new AppError('CONFLICT', 'This account is not waiting for an invitation.');
  await updateUser(db, userId, { invited_at: now, updated_at: now });
  await recordAudit(db, by, { action: 'user.invited', entity: 'user', entityId: userId }, now);
  await writeInvitation(db, config, user, locale, now);
}

/** Whether an address belongs to an account. */
export async function isAddressTaken(db: Db, email: string): Promise<boolean> {
  return (await findUserByEmailKey(db, emailKey(email))) !== undefined;
}

/** The role and the organisation that a place stands for, when the manager may put somebody there. Throws FORBIDDEN and NOT_FOUND. */
export async function roleAt(db: Db, place: string, manager: Manager): Promise<{ role: Role; organizationId: string | null }> {
  if (place === 'superadmin' || place === 'support') {
    if (manager.role !== 'superadmin') throw new AppError('FORBIDDEN', 'Your account may not give this role.', { field: 'body.place' });
    return { role: place, organizationId: null };
  }
  const organization = await findPlace(db, manager.scope, place);
  if (!organization) throw new AppError('NOT_FOUND', 'There is no such organisation.', { field: 'body.place' });
  if (!managesPath(manager, organization.path)) throw new AppError('FORBIDDEN', 'Your account may only add people to the organisations below your own.', { field: 'body.place' });
  return { role: asRole(organization.kind), organizationId: organization.id };
}

/** Throws FORBIDDEN unless the manager may change this account. */
export function assertManages(manager: Manager, user: { role: string; path: string | null }): void {
  if (!managesUser(manager, user)) throw new AppError('FORBIDDEN', 'Your account may only change the people of the organisations below your own.');
}

async function writeInvitation(db: Db, config: Pick<Config, 'publicUrl'>, user: User, locale: string, now: number): Promise<void> {
  await queueEmail(db, config, { cause: `invitation:${user.id}:${newId()}`, template: 'invitation', recipient: user.email, locale, data: { userId: user.id }, licenseId: null, orderId: null }, now);
}
