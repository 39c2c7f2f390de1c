import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { makeStatement, parseMonth, type Statement } from './statement.rules.ts';
import { sumLedger } from './statement.store.ts';

/**
 * What a licence has used in a calendar month (UTC), added up from the ledger and from nothing else. What is under way is not in it yet,
 * so the statement of a month is final soon after its end.
 */
export async function readStatement(db: Db, licenseId: string, month: number): Promise<Statement> {
  return makeStatement(month, await sumLedger(db, licenseId, month));
}

/** The first moment of the month that somebody asks for. Throws INVALID_REQUEST naming the field for what is no month, or has not begun. */
export function askedMonth(text: string, field: string, now: number): number {
  const month = parseMonth(text);
  if (month === undefined) throw new AppError('INVALID_REQUEST', `${field}: is not a month; send a year and a month like 2026-11`, { field });
  if (month > now) throw new AppError('INVALID_REQUEST', `${field}: has not begun yet; the latest month is ${new Date(now).toISOString().slice(0, 7)}`, { field });
  return month;
}
