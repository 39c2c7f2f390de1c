import { ipKeyGenerator } from 'express-rate-limit';
import { emailKey } from '../customers/customer.rules.ts';
import { findByEmail } from '../customers/get-customer.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { DeadLetter, type JobPayloads } from '../jobs/job-kinds.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { countRequest } from './count-request.ts';

const windowMs = 15 * 60_000;
const perAddress = 20;
const perEmail = 4;
const ipv6Subnet = 56;
const tooLateMs = 60 * 60_000;

/**
 * Asks for a link to be sent to an address. What happens here does not depend on whether anybody has the address: a job looks, later, so
 * neither the answer nor its time says. More than four requests for one address in 15 minutes are dropped without a word. Throws
 * RATE_LIMITED when one address of the net asks too often.
 */
export async function requestSignIn({ db, now }: Pick<Deps, 'db' | 'now'>, { email, locale, ip }: { email: string; locale: string; ip: string }): Promise<void> {
  const at = now();
  const client = ip.includes(':') ? ipKeyGenerator(ip, ipv6Subnet) : ip;
  if (!(await countRequest(db, { name: 'sign-in-address', of: client, limit: perAddress, windowMs }, at))) {
    throw new AppError('RATE_LIMITED', 'Too many sign-in links were asked for from this address. Try again in 15 minutes.', { retryAfterSeconds: windowMs / 1000 });
  }
  if (!(await countRequest(db, { name: 'sign-in-email', of: emailKey(email), limit: perEmail, windowMs }, at))) return;
  await transact(db, (trx) => enqueueJob(trx, { kind: 'send-sign-in-link', payload: { requestId: newId(), email: email.trim(), locale, requestedAt: at } }, at));
}

/** The job behind it: puts the e-mail into the outbox when a customer has the address. It goes to the address as the customer has it. */
export async function sendSignInLink({ db, config, now }: Deps, { requestId, email, locale, requestedAt }: JobPayloads['send-sign-in-link']): Promise<void> {
  const at = now();
  if (at - requestedAt > tooLateMs) throw new DeadLetter('The sign-in link was asked for more than an hour ago; whoever asked has asked again or gone.');
  const customer = await findByEmail(db, email);
  if (!customer) return;
  await transact(db, (trx) => queueEmail(trx, config, { cause: `sign-in:${requestId}`, template: 'sign-in', recipient: customer.email, locale, data: { customerId: customer.id, requestedAt }, licenseId: null, orderId: null }, at));
}
