import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Email } from './emails.store.ts';
import { greetingName, localDay } from './mail-text.rules.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const alertData = z.object({ name: z.string(), plan: z.string(), keyEnding: z.string(), unit: z.enum(['requests', 'tokens', 'cost']), threshold: z.number(), used: z.number(), limit: z.number(), resetsAt: z.number() });
const microcentsPerDollar = 100_000_000;

/** The e-mail that says how much of a monthly quota is used, when it starts anew, and what can be done. */
export function renderUsageAlert({ config }: { config: Pick<Config, 'publicUrl'> }, email: Email): RenderedEmail {
  const { name, plan, keyEnding, unit, threshold, used, limit, resetsAt } = alertData.parse(JSON.parse(email.data));
  const language = mailLanguage(email.locale);
  const locale = language === 'it' ? 'it-IT' : 'en-GB';
  const amount = (value: number) =>
    unit === 'cost' ? new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }).format(value / microcentsPerDollar) : new Intl.NumberFormat(locale, { useGrouping: 'always' }).format(value);
  return renderEmail('usage-alert', language, {
    name: greetingName(name),
    plan,
    keyEnding,
    threshold,
    // In Italian this number begins with a vowel.
    isEighty: threshold === 80,
    isRequests: unit === 'requests',
    isTokens: unit === 'tokens',
    isCost: unit === 'cost',
    isUsedUp: threshold >= 100,
    used: amount(used),
    limit: amount(limit),
    resets: localDay(resetsAt, language),
    host: new URL(config.publicUrl).host,
  });
}
