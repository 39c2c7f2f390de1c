import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { emitWebhook } from '../webhooks/emit-webhook.ts';
import { aiTermsOf } from './ai-terms.ts';
import { quotaUnits, unlimited, type Amounts, type QuotaUnit } from './limits.rules.ts';
import { monthStart, windowEnd } from './period.rules.ts';
import { dollarText } from './dollars.rules.ts';
import { monthText } from './statement.rules.ts';
import { thresholdsReached } from './usage-alerts.rules.ts';
import { getOwner, insertAlert, listAlerts, listChangedCounts, sumSettled, type MonthCount } from './usage-alerts.store.ts';

const batch = 200;
/** Clocks of several processes differ, and a transaction is seen later than the time that it writes. */
const overlapMs = 5 * 60_000;
type Quota = { unit: QuotaUnit; limit: number };

const lookedAt = new WeakMap<Db, number>();

/**
 * The job that tells owners how much of a monthly quota is used: at 50, 80 and 100 %, once each, by e-mail (of several that are reached at
 * once the highest alone) and as `usage.threshold`. It looks at the licences that were used since it looked last; after a start, at all
 * of the month. The counters say where to look, the ledger decides: what is only reserved is not used yet.
 */
export async function sendUsageAlerts(deps: Pick<Deps, 'db' | 'config' | 'now'>): Promise<void> {
  const { db, now } = deps;
  const startedAt = now();
  const month = monthStart(startedAt);
  const since = (lookedAt.get(db) ?? 0) - overlapMs;
  const failures: unknown[] = [];
  for (let afterId = ''; ; ) {
    const counts = await listChangedCounts(db, month, since, afterId, batch);
    // One licence that cannot be judged keeps nobody else from being told.
    for (const count of counts) await alertOwner(deps, count, month).catch((error: unknown) => failures.push(error));
    if (counts.length < batch) break;
    afterId = counts.at(-1)?.license_id ?? '';
  }
  if (failures.length > 0) throw new Error(`the use of ${failures.length} licences could not be judged; the first: ${errorText(failures[0])}`);
  lookedAt.set(db, startedAt);
}

async function alertOwner({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, { license_id: licenseId, used: counted }: MonthCount, month: number): Promise<void> {
  const { month: limits } = (await aiTermsOf(db, licenseId)).terms.limits.license;
  const quotas = quotaUnits.map((unit): Quota => ({ unit, limit: limits[unit] })).filter(({ limit }) => limit < unlimited);
  if (!quotas.some(({ unit, limit }) => thresholdsReached(counted[unit], limit).length > 0)) return;
  const told = await listAlerts(db, licenseId, month);
  const isNew = (unit: QuotaUnit, threshold: number) => !told.some((alert) => alert.unit === unit && alert.threshold === threshold);
  const newOf = (used: Amounts) => quotas.filter(({ unit, limit }) => thresholdsReached(used[unit], limit).some((threshold) => isNew(unit, threshold)));
  if (newOf(counted).length === 0) return;
  const used = await sumSettled(db, licenseId, month);
  for (const quota of newOf(used)) await transact(db, (trx) => tell(trx, config, licenseId, quota, used[quota.unit], month, now()));
}

/** One transaction for each quota: the alerts, the e-mail and the webhooks stand together or not at all, whoever else looks at the same time. */
async function tell(db: Db, config: Deps['config'], licenseId: string, { unit, limit }: Quota, used: number, month: number, now: number): Promise<void> {
  const [highest, ...lower] = thresholdsReached(used, limit).toReversed();
  if (highest === undefined) return;
  const owner = await getOwner(db, licenseId);
  const resetsAt = windowEnd('month', month);
  const added: number[] = [];
  // The highest first: who adds it writes the e-mail.
  for (const threshold of [highest, ...lower]) if (await insertAlert(db, { license_id: licenseId, month_start: month, unit, threshold }, now)) added.unshift(threshold);
  for (const threshold of added) {
    const amounts = unit === 'cost' ? { used: dollarText(used), limit: dollarText(limit) } : { used, limit };
    const data = { license_id: licenseId, customer_id: owner.customer_id, period: monthText(month), unit, threshold, ...amounts, resets_at: new Date(resetsAt).toISOString() };
    await emitWebhook(db, { type: 'usage.threshold', cause: `${licenseId}:${monthText(month)}:${unit}:${threshold}`, data }, now);
  }
  if (!added.includes(highest)) return;
  const data = { name: owner.name, plan: owner.plan_name, keyEnding: owner.key_hint, unit, threshold: highest, used, limit, resetsAt };
  await queueEmail(db, config, { cause: `usage:${licenseId}:${monthText(month)}:${unit}:${highest}`, template: 'usage-alert', recipient: owner.email, locale: owner.locale, data, licenseId, orderId: null }, now);
}
