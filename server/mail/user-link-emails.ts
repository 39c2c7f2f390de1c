import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { getUser } from '../users/get-user.ts';
import { createUserLink, invitationDays, resetMinutes } from '../users/user-links.ts';
import type { Email } from './emails.store.ts';
import { greetingName } from './mail-text.rules.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const invitationData = z.object({ userId: z.string() });
const resetData = z.object({ userId: z.string(), requestedAt: z.number() });
const tooLateMs = 60 * 60_000;

type Needs = Pick<Deps, 'db' | 'config' | 'now'>;
type Values = { name: string; link: string; host: string };

/** The e-mail that asks somebody in. The link is made now and stands nowhere but in what is sent; its seven days begin now. */
export async function renderInvitation({ db, config, now }: Needs, email: Email): Promise<RenderedEmail> {
  const user = await getUser(db, invitationData.parse(JSON.parse(email.data)).userId);
  if (user.invited_at === null || user.disabled_at !== null || user.email !== email.recipient) throw new DeadLetter('The account does not wait for an invitation any more.');
  const link = await createUserLink(db, config, user, 'invitation', now());
  return renderInvitationValues(email.locale, { name: user.name, link, host: new URL(config.publicUrl).host });
}

/** The e-mail with a link that sets a new password, made now, for thirty minutes. */
export async function renderPasswordReset({ db, config, now }: Needs, email: Email): Promise<RenderedEmail> {
  const { userId, requestedAt } = resetData.parse(JSON.parse(email.data));
  if (now() - requestedAt > tooLateMs) throw new DeadLetter('The link was asked for more than an hour ago and would only surprise.');
  const user = await getUser(db, userId);
  if (user.disabled_at !== null || user.email !== email.recipient) throw new DeadLetter('The account is disabled, or has another address now.');
  const link = await createUserLink(db, config, user, 'reset', now());
  return renderPasswordResetValues(email.locale, { name: user.name, link, host: new URL(config.publicUrl).host });
}

/** The same from values, for the preview. */
export function renderInvitationValues(locale: string, { name, link, host }: Values): RenderedEmail {
  return renderEmail('invitation', mailLanguage(locale), { name: greetingName(name), link, days: invitationDays, host });
}

/** The same from values, for the preview. */
export function renderPasswordResetValues(locale: string, { name, link, host }: Values): RenderedEmail {
  return renderEmail('password-reset', mailLanguage(locale), { name: greetingName(name), link, minutes: resetMinutes, host });
}
