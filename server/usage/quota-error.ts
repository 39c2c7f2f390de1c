import { AppError } from '../errors.ts';
import { dollarsOf } from './dollars.rules.ts';
import type { Amounts, QuotaScope, QuotaUnit } from './limits.rules.ts';
import { secondsUntilReset, type QuotaState } from './quota.rules.ts';

const owners: Record<QuotaScope, string> = { license: '', site: ' of this site', visitor: ' of this visitor' };
const microcentsPerCent = 1_000_000;

/** The refusal of a request for which a limit has no room: RATE_LIMITED for the hour, QUOTA_EXHAUSTED for longer ones. `most`: what the request may have needed. */
export function exhaustedError(state: QuotaState, most: Amounts, now: number): AppError {
  const { scope, window, unit, remaining, resetsAt } = state;
  const when = `${new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const isEmpty = unit === 'requests' || remaining === 0;
  const what = isEmpty ? `All ${limitText(state)} are used.` : `Only ${amountText(unit, remaining)} of ${limitText(state)} are left, and this request may need ${amountText(unit, most[unit])}. Ask for a shorter answer (max_tokens).`;
  const next = window === 'hour' ? `Try again at ${when}.` : `The quota starts anew on ${when}${scope === 'license' ? '; a larger plan has more' : ''}.`;
  return new AppError(window === 'hour' ? 'RATE_LIMITED' : 'QUOTA_EXHAUSTED', `${what} ${next}`, { retryAfterSeconds: secondsUntilReset(state, now) });
}

function limitText({ scope, window, unit, limit }: QuotaState): string {
  const amount = unit === 'cost' ? `${dollars(limit)} for AI` : `${limit} AI ${unit}`;
  return `${amount}${owners[scope]} of this ${window}`;
}

function amountText(unit: QuotaUnit, amount: number): string {
  return unit === 'cost' ? dollars(amount) : String(amount);
}

function dollars(microcents: number): string {
  return `$${dollarsOf(Math.ceil(microcents / microcentsPerCent) * microcentsPerCent)}`;
}
