import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Email } from './emails.store.ts';
import { formatAmount, greetingName, localDay } from './mail-text.rules.ts';
import { noticeFacts, type NoticeFacts } from './notices.rules.ts';
import { listOwnedLicenses, type OwnedLicense } from './owners.store.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const storedFacts = noticeFacts.extend({ name: z.string() });
const licensesNamed = 5;

/** An e-mail about what became of a licence, a subscription or an order. */
export async function renderNotice({ db, config }: Pick<Deps, 'db' | 'config'>, email: Email): Promise<RenderedEmail> {
  const { name, ...facts } = storedFacts.parse(JSON.parse(email.data));
  return renderNoticeFacts(email.template, email.locale, config.publicUrl, { name, facts, licenses: await listOwnedLicenses(db, facts.licenseIds) });
}

/** The same from facts, for the preview. Every value that a template may ask for is there. */
export function renderNoticeFacts(template: string, locale: string, publicUrl: string, { name, facts, licenses }: { name: string; facts: NoticeFacts; licenses: Pick<OwnedLicense, 'key_hint' | 'plan_name'>[] }): RenderedEmail {
  const language = mailLanguage(locale);
  const day = (moment: number | null | undefined) => (moment === null || moment === undefined ? '' : localDay(moment, language));
  return renderEmail(template, language, {
    name: greetingName(name),
    plan: licenses[0]?.plan_name ?? '',
    licenses: licensesText(licenses),
    order: facts.order ?? '',
    amount: facts.amountMinor === undefined || facts.currency === undefined ? '' : formatAmount(facts.amountMinor, facts.currency, language),
    expires: day(facts.expiresAt),
    until: day(facts.until),
    days: facts.days ?? 0,
    isOneDay: facts.days === 1,
    renews: facts.renews ?? false,
    isUnpaid: facts.isUnpaid ?? false,
    isFull: facts.isFull ?? false,
    isOverLimit: facts.overLimit !== undefined,
    sites: facts.overLimit?.sites ?? 0,
    limit: facts.overLimit?.limit ?? 0,
    host: new URL(publicUrl).host,
    accountUrl: `${publicUrl}/account`,
  });
}

/** `Chatello Pro, …A1B2, …C3D4 (+8)`. */
function licensesText(licenses: Pick<OwnedLicense, 'key_hint' | 'plan_name'>[]): string {
  const named = licenses.slice(0, licensesNamed).map(({ key_hint: ending }) => `…${ending}`).join(', ');
  const more = licenses.length > licensesNamed ? ` (+${licenses.length - licensesNamed})` : '';
  return `Chatello ${licenses[0]?.plan_name ?? ''}, ${named}${more}`;
}
