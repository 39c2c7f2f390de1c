import { emailKey } from '../customers/customer.rules.ts';
import { findByEmails } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { findLicensesByKey } from '../licenses/find-by-key.ts';
import { lookupKey } from '../licenses/license-key.rules.ts';
import type { Vault } from '../vault.ts';
import { findSources, insertProblems, markSeen, type ImportProblem } from './imports.store.ts';
import { customerChanges, isChange, licenseChanges } from './license-changes.rules.ts';
import { readImportLine, type ImportLine } from './read-line.rules.ts';
import { addTally, emptyTally, type ImportReport, type LineOutcome } from './report.rules.ts';
import { problemRow, sourceText, type Work } from './work.ts';

type Read = { place: number; line: number; cells: string[]; said: ImportLine };

/** What would become of a slice of a file, without doing it. What the file itself has shown before counts as being here. Returns the report with it. */
export async function checkLines(db: Db, vault: Vault, { row, mapping, context, lines }: Work, report: ImportReport, now: number): Promise<ImportReport> {
  const problems: ImportProblem[] = [];
  const read: Read[] = [];
  for (const [index, { line, cells }] of lines.entries()) {
    const said = readImportLine(cells, mapping, context, now);
    const place = row.next_line + index;
    if ('problem' in said) problems.push(problemRow(row, 'check', place, line, said.problem));
    else read.push({ place, line, cells, said });
  }
  const customers = await findByEmails(db, read.map(({ said }) => said.customer.email));
  const licenses = await findLicensesByKey(db, vault, read.flatMap(({ said }) => said.license?.key ?? []));
  const digestOf = ({ said, cells }: Read) => (said.license === undefined ? undefined : vault.digest(said.license.key === undefined ? sourceText(cells) : (lookupKey(said.license.key) ?? '')));
  const emailDigest = (email: string) => vault.digest(`import-email\n${emailKey(email)}`);
  const sources = await findSources(db, read.flatMap((entry) => (entry.said.license?.key === undefined ? (digestOf(entry) ?? []) : [])));
  const texts = new Set(read.flatMap((entry) => [emailDigest(entry.said.customer.email), digestOf(entry) ?? []].flat()).map((digest) => digest.toString('base64')));
  const seen = await markSeen(db, row.id, [...texts].map((text) => Buffer.from(text, 'base64')));

  let tally = { ...emptyTally(), refused: problems.length };
  for (const entry of read) {
    const { said, place, line } = entry;
    const email = emailDigest(said.customer.email).toString('base64');
    const customer = customers.get(emailKey(said.customer.email));
    const isNewCustomer = !customer && !seen.has(email);
    const isChangedCustomer = mapping.existing === 'update' && customer !== undefined && Object.keys(customerChanges(customer, said.customer)).length > 0;
    const digest = digestOf(entry)?.toString('base64');
    const known = said.license?.key === undefined ? undefined : licenses.get(lookupKey(said.license.key) ?? '');
    const isHere = digest !== undefined && (known !== undefined || sources.has(digest) || seen.has(digest));
    if (known && known.customer_id !== customer?.id) {
      problems.push(problemRow(row, 'check', place, line, { field: 'key', code: 'key_of_other_customer' }));
      tally = addTally(tally, { ...emptyTally(), refused: 1 });
      continue;
    }
    const isChangedLicense = mapping.existing === 'update' && known !== undefined && said.license !== undefined && isChange(licenseChanges(known, said.license));
    const isNew = said.license ? !isHere : isNewCustomer;
    const outcome: LineOutcome = isNew ? 'new' : isChangedLicense || isChangedCustomer ? 'changed' : 'existing';
    seen.add(email);
    if (digest !== undefined) seen.add(digest);
    const isNewLicense = said.license !== undefined && !isHere;
    tally = addTally(tally, { ...emptyTally(), [outcome]: 1, customers: isNewCustomer ? 1 : 0, licenses: isNewLicense ? 1 : 0, sites: isNewLicense ? (said.license?.sites.length ?? 0) : 0 });
  }
  await insertProblems(db, problems);
  return { ...report, check: addTally(report.check, tally) };
}
