import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Db } from '../../server/db/database.ts';
import { statusAt } from '../../server/licenses/license-status.rules.ts';
import type { Expectation } from './deliveries.ts';

/** When every grace has passed. */
const longAfter = Date.UTC(2030, 0, 1);

export type Findings = { orders: number; lost: string[]; double: string[]; activeAfterRefund: string[]; wrongExpiry: string[]; wrongPlan: string[]; licenses: number; emails: number; mailProblems: string[]; deadJobs: string[]; unfinished: number };

/** Holds the database and the outbox against what was bought. */
export async function verifyPurchases(db: Db, outbox: string, expected: Expectation[]): Promise<Findings> {
  const rows = await db
    .selectFrom('orders')
    .innerJoin('order_lines', 'order_lines.order_id', 'orders.id')
    .innerJoin('order_units', 'order_units.order_line_id', 'order_lines.id')
    .innerJoin('licenses', 'licenses.id', 'order_units.license_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['orders.provider', 'orders.external_id as order', 'licenses.id', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'plans.code as plan'])
    .execute();
  const byOrder = Map.groupBy(rows, ({ provider, order }) => `${provider} ${order}`);
  const findings: Findings = { orders: expected.length, lost: [], double: [], activeAfterRefund: [], wrongExpiry: [], wrongPlan: [], licenses: rows.length, emails: 0, mailProblems: [], deadJobs: [], unfinished: 0 };
  for (const { provider, order, licenses, isRefunded, expiresAt, state = 'active', plan } of expected) {
    const name = `${provider} ${order}`;
    const found = byOrder.get(name) ?? [];
    const active = found.filter((license) => (state === 'unpaid' ? statusAt(license, longAfter) === 'suspended' : license.status === (isRefunded ? 'active' : state)));
    if (found.length > licenses) findings.double.push(name);
    if (isRefunded ? active.length > 0 : false) findings.activeAfterRefund.push(name);
    if (!isRefunded && active.length < licenses) findings.lost.push(`${name}: ${active.length} of ${licenses}`);
    if (!isRefunded && active.some(({ expires_at: end }) => end !== expiresAt)) findings.wrongExpiry.push(name);
    if (plan !== undefined && found.some((license) => license.plan !== plan)) findings.wrongPlan.push(name);
    byOrder.delete(name);
  }
  findings.double.push(...[...byOrder.keys()].map((name) => `${name}: not expected`));
  const issued = await db.selectFrom('licenses').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  // The development licence is no purchase.
  if (issued.count !== rows.length + 1) findings.double.push(`${issued.count - 1 - rows.length} licences without an order`);
  await verifyMail(db, outbox, rows.map(({ id }) => id), findings);
  const jobs = await db.selectFrom('jobs').select(['kind', 'status', 'last_error']).where('kind', 'in', ['apply-delivery', 'send-email', 'write-back-order']).execute();
  findings.deadJobs = jobs.filter(({ status }) => status === 'dead').map(({ kind, last_error: error }) => `${kind}: ${error ?? ''}`);
  findings.unfinished = jobs.length - findings.deadJobs.length;
  return findings;
}

/** Each licence is mailed once, each e-mail is one file, and each file carries the Message-ID of its row. */
async function verifyMail(db: Db, outbox: string, licenseIds: string[], findings: Findings): Promise<void> {
  const emails = await db.selectFrom('emails').select(['id', 'cause', 'template', 'data', 'message_id', 'status']).execute();
  findings.emails = emails.length;
  const mailed = emails.filter(({ template }) => template === 'purchase').flatMap(({ data }) => (JSON.parse(data) as { licenses: string[] }).licenses);
  if (new Set(emails.map(({ cause }) => cause)).size !== emails.length) findings.mailProblems.push('two e-mails with one cause');
  if (new Set(mailed).size !== mailed.length) findings.mailProblems.push('a licence was mailed twice');
  const unmailed = licenseIds.filter((id) => !mailed.includes(id)).length;
  if (unmailed > 0) findings.mailProblems.push(`${unmailed} licences were not mailed`);
  const unsent = emails.filter(({ status }) => status !== 'sent').length;
  if (unsent > 0) findings.mailProblems.push(`${unsent} e-mails were not sent`);
  const files = readdirSync(outbox);
  const fileIds = files.map((file) => /^Message-ID: (<.+>)/im.exec(readFileSync(path.join(outbox, file), 'utf8').replace(/\n[ \t]+/g, ' '))?.[1] ?? file);
  const known = new Set(emails.map(({ message_id: id }) => id));
  if (files.filter((file) => file.endsWith('.eml')).length !== emails.length) findings.mailProblems.push(`${files.length} files for ${emails.length} e-mails`);
  if (new Set(fileIds).size !== fileIds.length || fileIds.some((id) => !known.has(id))) findings.mailProblems.push('a file with another Message-ID');
}
