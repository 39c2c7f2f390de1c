import { ipKeyGenerator } from 'express-rate-limit';
import { countRequest } from '../account/count-request.ts';
import { emailKey } from '../customers/customer.rules.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { DeadLetter, type JobPayloads } from '../jobs/job-kinds.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { asRole } from '../access/access.rules.ts';
import { isDoorOf, type Door } from './log-in.ts';
import { findUserByEmailKey } from './users.store.ts';

const windowMs = 15 * 60_000;
const perAddress = 20;
const perEmail = 4;
const ipv6Subnet = 56;
const tooLateMs = 60 * 60_000;

/**
 * Asks for a link that sets a new password. What happens here does not depend on whether there is such an account: a job looks, later,
 * so neither the answer nor its time says. It works while the account is locked out. More than four requests for one address in 15
 * minutes are dropped without a word. Throws RATE_LIMITED when one address of the net asks too often.
 */
export async function requestPasswordReset({ db, now }: Pick<Deps, 'db' | 'now'>, { email, locale, ip, door }: { email: string; locale: string; ip: string; door: Door }): Promise<void> {
  const at = now();
  const client = ip.includes(':') ? ipKeyGenerator(ip, ipv6Subnet) : ip;
  if (!(await countRequest(db, { name: 'reset-address', of: client, limit: perAddress, windowMs }, at))) {
    throw new AppError('RATE_LIMITED', 'Too many links were asked for from this address. Try again in 15 minutes.', { retryAfterSeconds: windowMs / 1000 });
  }
  if (!(await countRequest(db, { name: 'reset-email', of: emailKey(email), limit: perEmail, windowMs }, at))) return;
  await transact(db, (trx) => enqueueJob(trx, { kind: 'send-password-reset', payload: { requestId: newId(), email: email.trim(), locale, door, requestedAt: at } }, at));
}

/** The job behind it: puts the e-mail into the outbox when there is such an account at this door. */
export async function sendPasswordReset({ db, config, now }: Deps, { requestId, email, locale, door, requestedAt }: JobPayloads['send-password-reset']): Promise<void> {
  const at = now();
  if (at - requestedAt > tooLateMs) throw new DeadLetter('The link was asked for more than an hour ago; whoever asked has asked again or gone.');
  const user = await findUserByEmailKey(db, emailKey(email));
  if (!user || user.disabled_at !== null || user.invited_at !== null || !isDoorOf(door, asRole(user.role))) return;
  await transact(db, (trx) => queueEmail(trx, config, { cause: `password-reset:${requestId}`, template: 'password-reset', recipient: user.email, locale, data: { userId: user.id, requestedAt }, licenseId: null, orderId: null }, at));
}
