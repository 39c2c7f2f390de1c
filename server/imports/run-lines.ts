import type { Actor } from '../audit/record-audit.ts';
import { changeCustomer } from '../customers/change-customer.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import { findByEmail } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { activateSite } from '../licenses/activate-site.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { findLicensesByKey, type KnownLicense } from '../licenses/find-by-key.ts';
import { issueLicense, type TermInput } from '../licenses/issue-license.ts';
import { lookupKey } from '../licenses/license-key.rules.ts';
import { isStagingSite, type Site } from '../licenses/site.rules.ts';
import type { Vault } from '../vault.ts';
import { findSource, insertItems, insertProblems, insertSource, type ImportItem, type ImportProblem } from './imports.store.ts';
import { customerChanges, isChange, licenseChanges } from './license-changes.rules.ts';
import { readImportLine, type ImportedLicense, type ImportLine, type LineProblem } from './read-line.rules.ts';
import { addTally, emptyTally, type ImportReport, type LineOutcome, type Tally } from './report.rules.ts';
import { importActor, problemRow, sourceText, type Work } from './work.ts';

/** What a line has made or changed. */
type Made = { kind: 'customer' | 'customer_details' | 'license' | 'license_plan' | 'license_term' | 'license_site'; entityId: string; before?: unknown; after?: unknown };
type Applied = { outcome: LineOutcome; made: Made[]; sites: number } | { problem: LineProblem };
type Tools = { db: Db; vault: Vault; importId: string; isUpdate: boolean; by: Actor; now: number };

/** Imports a slice of a file, in the caller's transaction. Returns the report with it. */
export async function runLines(db: Db, vault: Vault, { row, mapping, context, lines }: Work, report: ImportReport, now: number): Promise<ImportReport> {
  const tools: Tools = { db, vault, importId: row.id, isUpdate: mapping.existing === 'update', by: { actor: importActor(row.id) }, now };
  const problems: ImportProblem[] = [];
  const items: ImportItem[] = [];
  let tally: Tally = emptyTally();
  for (const [index, { line, cells }] of lines.entries()) {
    const said = readImportLine(cells, mapping, context, now);
    const applied = 'problem' in said ? said : await applyLine(tools, said, cells, line);
    if ('problem' in applied) {
      problems.push(problemRow(row, 'run', row.next_line + index, line, applied.problem));
      tally = addTally(tally, { ...emptyTally(), refused: 1 });
      continue;
    }
    const { outcome, made, sites } = applied;
    for (const { kind, entityId, before, after } of made) {
      items.push({ import_id: row.id, seq: report.items + items.length, line, kind, entity_id: entityId, before_json: before === undefined ? null : JSON.stringify(before), after_json: after === undefined ? null : JSON.stringify(after) });
    }
    const count = (kind: Made['kind']) => made.filter((one) => one.kind === kind).length;
    tally = addTally(tally, { ...emptyTally(), [outcome]: 1, customers: count('customer'), licenses: count('license'), sites });
  }
  await insertItems(db, items);
  await insertProblems(db, problems);
  return { ...report, run: addTally(report.run, tally), items: report.items + items.length };
}

async function applyLine(tools: Tools, { customer: person, license }: ImportLine, cells: string[], line: number): Promise<Applied> {
  const { db, vault, by, now, isUpdate } = tools;
  const known = license?.key === undefined ? undefined : (await findLicensesByKey(db, vault, [license.key])).get(lookupKey(license.key) ?? '');
  const before = await findByEmail(db, person.email);
  if (known && known.customer_id !== before?.id) return { problem: { field: 'key', code: 'key_of_other_customer' } };
  const source = license && license.key === undefined ? vault.digest(sourceText(cells)) : undefined;
  const isHere = known !== undefined || (source !== undefined && (await findSource(db, source)) !== undefined);

  const made: Made[] = [];
  const { customer, created } = before ? { customer: before, created: false } : await findOrCreateCustomer(db, person, by, now, { organizationId: person.organizationId ?? null, status: 'validated' });
  if (created) made.push({ kind: 'customer', entityId: customer.id });
  const changes = created || !isUpdate ? {} : customerChanges(customer, person);
  if (Object.keys(changes).length > 0) {
    const { name, company, locale } = await changeCustomer(db, customer.id, changes, by, now);
    made.push({ kind: 'customer_details', entityId: customer.id, before: { name: customer.name, company: customer.company, locale: customer.locale }, after: { name, company, locale } });
  }
  if (license && !isHere) {
    const { licenseId, sites } = await createFrom(tools, license, customer.id, source, line);
    return { outcome: 'new', made: [...made, { kind: 'license', entityId: licenseId }], sites };
  }
  const changed = known && license && isUpdate ? await updateFrom(tools, known, license, line) : { made: [], sites: 0 };
  if ('problem' in changed) return changed;
  made.push(...changed.made);
  return { outcome: created && !license ? 'new' : made.some(({ kind }) => kind !== 'customer') ? 'changed' : 'existing', made, sites: changed.sites };
}

/** A licence as another system has issued it, with the sites that it has there. */
async function createFrom({ db, vault, importId, by, now }: Tools, imported: ImportedLicense, customerId: string, source: Uint8Array | undefined, line: number): Promise<{ licenseId: string; sites: number }> {
  const { key, plan, product, status, createdAt, expiresAt, maxSites, sites: [first, ...others] } = imported;
  const term = importedTerm(importId, line, createdAt, expiresAt);
  const { license } = await issueLicense(db, vault, { customerId, plan, productId: product.id, term, key, site: first, maxSites: maxSites ?? undefined, imported: { createdAt, status } }, by, now);
  if (source) await insertSource(db, source, license.id);
  for (const site of others) await addSite(db, license.id, site, { plan, maxSites }, by, now);
  return { licenseId: license.id, sites: imported.sites.length };
}

/** What a line adds to a licence that is here. */
async function updateFrom({ db, importId, by, now }: Tools, known: KnownLicense & { sites: string[] }, imported: ImportedLicense, line: number): Promise<{ made: Made[]; sites: number } | { problem: LineProblem }> {
  const changes = licenseChanges(known, imported);
  if (!isChange(changes)) return { made: [], sites: 0 };
  const made: Made[] = [];
  if (changes.planId !== undefined) {
    await changeLicense(db, known.id, { type: 'change-plan', planId: changes.planId, reason: importActor(importId) }, by, now);
    made.push({ kind: 'license_plan', entityId: known.id, before: known.plan_id, after: changes.planId });
  }
  if (changes.expiresAt !== undefined) {
    const term = importedTerm(importId, line, now, changes.expiresAt);
    await changeLicense(db, known.id, { type: 'renew', term }, by, now);
    made.push({ kind: 'license_term', entityId: known.id, after: term.transactionId });
  }
  let sites = 0;
  for (const site of changes.sites) {
    if (!(await addSite(db, known.id, site, { plan: imported.plan, maxSites: known.max_sites }, by, now))) continue;
    made.push({ kind: 'license_site', entityId: known.id, after: site.site });
    sites += 1;
  }
  return { made, sites };
}

/** False when the licence has no place left for it. */
async function addSite(db: Db, licenseId: string, site: Site, { plan, maxSites }: Pick<ImportedLicense, 'plan' | 'maxSites'>, by: Actor, now: number): Promise<boolean> {
  const isStaging = isStagingSite(site);
  const { outcome } = await activateSite(db, { licenseId, site: site.site, kind: isStaging ? 'staging' : 'production', limit: isStaging ? plan.max_staging_sites : (maxSites ?? plan.max_sites), isQuiet: true }, by, now);
  return outcome === 'activated';
}

function importedTerm(importId: string, line: number, paidAt: number, expiresAt: number | null): TermInput {
  return { provider: 'import', account: 'main', transactionId: `${importId}:${line}`, months: null, periodEndsAt: expiresAt, paidAt };
}
