import { z } from 'zod';
import { createSignInLink, linkMinutes } from '../account/account-sessions.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Deps } from '../deps.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import type { Email } from './emails.store.ts';
import { greetingName } from './mail-text.rules.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const signInData = z.object({ customerId: z.string(), requestedAt: z.number() });
const tooLateMs = 60 * 60_000;

/** The e-mail with a link that signs in. The link is made now and stands nowhere but in what is sent; its 15 minutes begin now. */
export async function renderSignIn({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, email: Email): Promise<RenderedEmail> {
  const { customerId, requestedAt } = signInData.parse(JSON.parse(email.data));
  if (now() - requestedAt > tooLateMs) throw new DeadLetter('The sign-in link was asked for more than an hour ago and would only surprise.');
  const customer = await getCustomer(db, customerId);
  if (customer.email !== email.recipient) throw new DeadLetter('The customer has another address now.');
  const token = await createSignInLink(db, { id: customer.id, emailKey: customer.email_key }, now());
  return renderSignInValues(email.locale, { name: customer.name, link: `${config.publicUrl}/account/link/${token}`, host: new URL(config.publicUrl).host });
}

/** The same from values, for the preview. */
export function renderSignInValues(locale: string, { name, link, host }: { name: string; link: string; host: string }): RenderedEmail {
  return renderEmail('sign-in', mailLanguage(locale), { name: greetingName(name), link, minutes: linkMinutes, host });
}
