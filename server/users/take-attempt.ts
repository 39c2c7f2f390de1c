import { createHash } from 'node:crypto';
import type { Db } from '../db/database.ts';
import { countFailure, findLoginAttempts, forgetFailures } from './login-attempts.store.ts';
import { loginDelayMs } from './login-delay.rules.ts';

/** What is attempted, as the table of failures knows it. */
export function attemptId(...what: string[]): Buffer {
  return createHash('sha256').update(what.join('\n')).digest();
}

/** Counts an attempt as a failure, before anything is looked at, so that many guesses at once count as many; or says until when none is taken. */
export async function takeAttempt(db: Db, id: Uint8Array, now: number): Promise<number | undefined> {
  for (;;) {
    const seen = await findLoginAttempts(db, id);
    if (seen && seen.locked_until > now) return seen.locked_until;
    if (await countFailure(db, id, seen, now + loginDelayMs((seen?.failures ?? 0) + 1), now)) return undefined;
  }
}

/** The attempt was right: the failures before it are forgotten. */
export function forgetAttempts(db: Db, id: Uint8Array): Promise<void> {
  return forgetFailures(db, id);
}
