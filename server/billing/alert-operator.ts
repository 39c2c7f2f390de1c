import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import { queueEmail, type OperatorAlertKind } from '../mail/queue-email.ts';
import { sha256 } from './read-body.ts';

const hourMs = 3_600_000;

export type OperatorAlert = {
  /** What kind of trouble it is: each kind has one alert an hour at most. */
  cause: string;
  kind: OperatorAlertKind;
  provider: string;
  /** What is wrong and what to do, as a person reads it. */
  problem: string;
};

/** Writes to the operator, when OPERATOR_EMAIL is set; false when this cause has had its alert of the hour. */
export async function alertOperator(db: Db, config: Pick<Config, 'OPERATOR_EMAIL' | 'DEFAULT_LANGUAGE' | 'publicUrl'>, { cause, kind, provider, problem }: OperatorAlert, now: number): Promise<boolean> {
  if (config.OPERATOR_EMAIL === undefined) return false;
  const hour = Math.floor(now / hourMs);
  return queueEmail(db, config, { cause: `alert:${sha256(cause).slice(0, 32)}:${hour}`, template: 'operator-alert', recipient: config.OPERATOR_EMAIL, locale: config.DEFAULT_LANGUAGE, data: { kind, provider, problem: problem.slice(0, 2_000) }, licenseId: null, orderId: null }, now);
}

/** The kind of trouble that a reason names: without what differs from one delivery to the next (numbers, ids, names). */
export function kindOfTrouble(reason: string): string {
  return reason.replaceAll(/"[^"]*"/g, '…').replaceAll(/\S*\d\S*/g, '…');
}
