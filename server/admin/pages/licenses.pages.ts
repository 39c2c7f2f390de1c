import type { Deps } from '../../deps.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { licenseKeyAad } from '../../licenses/issue-license.ts';
import { statusAt, type LicenseStatus } from '../../licenses/license-status.rules.ts';
import { listActivations } from '../../licenses/licenses.store.ts';
import { listPlans } from '../../plans/plans.store.ts';
import { monthStart, windowEnd } from '../../usage/period.rules.ts';
import { countRequestsOfMonth, findLicenseDetail, listOrdersOfLicense, listTermsNewestFirst } from '../license-detail.store.ts';
import { availableActions } from '../license-actions.rules.ts';
import { findLicenseIds, listLicenses } from '../licenses-list.store.ts';
import { listAudit } from '../lists.store.ts';
import { pageLinks, pageRequest } from '../paging.store.ts';
import { searchTerms } from '../search.rules.ts';
import { page, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const statuses: LicenseStatus[] = ['active', 'pending', 'suspended', 'expired', 'cancelled'];
const historyLength = 8;
const doneTexts = ['suspend', 'reactivate', 'cancel', 'released', 'unlocked'];

/** The licences: list with search, and each one with everything that belongs to it. */
export function licensePages(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  return [
    page('get', '/licenses', 'licenses.read', async ({ query, t }) => {
      const at = now();
      const q = (query['q'] ?? '').trim().slice(0, 320);
      const plans = await listPlans(db);
      const status = statuses.find((candidate) => candidate === query['status']);
      const plan = plans.find(({ code }) => code === query['plan']);
      const { canonicalKey, ...terms } = searchTerms(q);
      const search = q === '' ? undefined : await findLicenseIds(db, { ...terms, digest: canonicalKey === undefined ? undefined : vault.digest(canonicalKey) });
      // A whole key leads to its licence, so that it does not stay in the address.
      const [only] = canonicalKey === undefined ? [] : (search?.ids ?? []);
      if (only !== undefined) return { redirect: `/licenses/${only}` };
      const filter = { status, planId: plan?.id };
      const found = search?.ids.length === 0 ? { rows: [], next: undefined, previous: undefined } : await listLicenses(db, filter, pageRequest(query), at, search?.ids);
      const kept = canonicalKey === undefined ? q : '';
      return {
        view: 'licenses',
        title: t('nav.licenses'),
        data: {
          q: kept,
          isKeySearch: canonicalKey !== undefined,
          isFiltered: q !== '' || status !== undefined || plan !== undefined,
          isCut: search?.isCut ?? false,
          statuses: statuses.map((code) => ({ code, isCurrent: code === status })),
          plans: plans.map(({ code, name }) => ({ code, name, isCurrent: code === plan?.code })),
          ...found,
          links: pageLinks('/licenses', { q: kept, status, plan: plan?.code }, found),
        },
      };
    }),

    page('get', '/licenses/:id', 'licenses.read', (context) => licensePage(deps, context)),

    page('post', '/licenses/:id/reveal', 'keys.read', async (context) => {
      const { license } = (await findLicenseDetail(db, context.params['id'] ?? '')) ?? pageNotFound();
      const key = vault.open({ keyId: license.key_id, cipher: license.key_cipher }, licenseKeyAad(license.id));
      await recordAudit(db, context.by, { action: 'license.key_shown', entity: 'license', entityId: license.id }, now());
      return licensePage(deps, context, key);
    }),
  ];
}

async function licensePage({ db, now }: Deps, { params, query, t }: SignedInContext, key?: string): Promise<{ view: string; title: string; data: Record<string, unknown> }> {
  const at = now();
  const found = await findLicenseDetail(db, params['id'] ?? '');
  if (!found) return pageNotFound();
  const { license, plan, product, customer } = found;
  const sites = await listActivations(db, license.id);
  const used = await countRequestsOfMonth(db, license.id, monthStart(at));
  const done = doneTexts.find((candidate) => candidate === query['done']);
  return {
    view: 'license',
    title: t('license.title', { ending: license.key_hint }),
    data: {
      id: license.id,
      ending: license.key_hint,
      key,
      license: visible(license),
      status: statusAt(license, at),
      statusReason: license.revoked_at === null ? (license.cancelled_reason ?? license.suspended_reason) : license.revoked_reason,
      statusSince: license.revoked_at ?? license.cancelled_at ?? license.suspended_at,
      isRevoked: license.revoked_at !== null,
      plan: { name: plan.name, requests: plan.monthly_requests, hasAi: plan.ai_proxy === 1 },
      product,
      customer,
      sites: sites.map((site) => ({ id: site.id, site: site.site, kind: site.kind, version: site.version, created_at: site.created_at, last_seen_at: site.last_seen_at })),
      sitesUsed: sites.filter(({ kind }) => kind === 'production').length,
      stagingUsed: sites.filter(({ kind }) => kind === 'staging').length,
      siteLimit: license.max_sites ?? plan.max_sites,
      usage: { used, limit: plan.monthly_requests, resetsAt: windowEnd('month', monthStart(at)) },
      terms: await listTermsNewestFirst(db, license.id),
      orders: await listOrdersOfLicense(db, license.id),
      audit: (await listAudit(db, { entity: 'license', entityId: license.id }, {})).rows.slice(0, historyLength),
      actions: availableActions(license),
      done: done && t(`done.${done}`),
    },
  };
}

/** The columns a page may show: nothing of the key. */
function visible<Columns extends { key_digest: unknown; key_cipher: unknown; key_id: unknown }>({ key_digest: _digest, key_cipher: _cipher, key_id: _keyId, ...license }: Columns): Omit<Columns, 'key_digest' | 'key_cipher' | 'key_id'> {
  return license;
}
