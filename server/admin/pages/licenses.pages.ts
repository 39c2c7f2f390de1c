import { may } from '../../access/access.rules.ts';
import type { Deps } from '../../deps.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { customerErased } from '../../customers/customer-status.rules.ts';
import { licenseKeyAad } from '../../licenses/issue-license.ts';
import { statusAt } from '../../licenses/license-status.rules.ts';
import { entitledModules } from '../../licenses/modules.rules.ts';
import { listActivations } from '../../licenses/licenses.store.ts';
import { placeView } from '../../licenses/place-view.ts';
import { findNodeName } from '../../people/organizations.store.ts';
import { monthStart, windowEnd } from '../../usage/period.rules.ts';
import { countRequestsOfMonth, findLicenseDetail, listOrdersOfLicense, listTermsNewestFirst } from '../license-detail.store.ts';
import { availableActions, permissionFor } from '../license-actions.rules.ts';
import { listAllModules } from '../../plans/change-module.ts';
import { licenseSorts } from '../../people/license-filter.store.ts';
import { listLicenses } from '../licenses-list.store.ts';
import { listAudit } from '../lists.store.ts';
import { addressOf, pageLinks } from '../paging.store.ts';
import { readLicenseFilter, statuses } from '../license-filter.ts';
import { sortedRequest } from '../sorted-page.store.ts';
import { hasText, type Translate } from '../web/locale.ts';
import { page, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';
import { nodeFilter } from './customers.pages.ts';

const historyLength = 8;
const doneTexts = ['suspend', 'reactivate', 'cancel', 'released', 'unlocked', 'confirm', 'revoke', 'extended', 'plan', 'transferred', 'limits', 'key-sent', 'modules'];

/** The licences: list with search, and each one with everything that belongs to it. */
export function licensePages(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  return [
    page('get', '/licenses', 'licenses.read', async ({ query, scope, role, t }) => {
      const at = now();
      const { filter, parameters, plans, nodes, keyId, isKeySearch, isCut, customer } = await readLicenseFilter(deps, scope, query);
      // A whole key leads to its licence, so that it does not stay in the address.
      if (keyId !== undefined) return { redirect: `/licenses/${keyId}` };
      const sort = filter.sort ?? 'newest';
      const found = await listLicenses(db, filter, sortedRequest(query, 'number'), at);
      return {
        view: 'licenses',
        title: t('nav.licenses'),
        data: {
          ...found,
          q: parameters.q,
          isKeySearch,
          isCut,
          customer,
          isFiltered: isKeySearch || parameters.q !== '' || filter.status !== undefined || filter.planId !== undefined || filter.within !== undefined || customer !== undefined,
          statuses: statuses.map((code) => ({ code, isCurrent: code === filter.status })),
          plans: plans.map(({ code, name }) => ({ code, name, isCurrent: code === parameters.plan })),
          sorts: licenseSorts.map((code) => ({ code, isCurrent: code === sort })),
          nodes: nodeFilter(nodes, parameters.organization, scope),
          hidden: Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => ({ name, value })),
          done: query['done'] === 'password-changed' ? t('done.password-changed') : undefined,
          // All of them are their own.
          hideCustomer: scope.kind === 'customer',
          bulk: may(role, 'licenses.write'),
          mayIssue: may(role, 'licenses.issue'),
          exportHref: addressOf('/exports/licenses', parameters),
          links: pageLinks('/licenses', parameters, found),
        },
      };
    }),

    page('get', '/licenses/:id', 'licenses.read', (context) => licensePage(deps, context)),

    page('post', '/licenses/:id/reveal', 'keys.read', async (context) => {
      const { license } = (await findLicenseDetail(db, context.scope, context.params['id'] ?? '')) ?? pageNotFound();
      const key = vault.open({ keyId: license.key_id, cipher: license.key_cipher }, licenseKeyAad(license.id));
      await recordAudit(db, context.by, { action: 'license.key_shown', entity: 'license', entityId: license.id }, now());
      return licensePage(deps, context, key);
    }),
  ];
}

async function licensePage({ db, now }: Deps, { scope, role, params, query, t }: SignedInContext, key?: string): Promise<{ view: string; title: string; data: Record<string, unknown> }> {
  const at = now();
  const found = await findLicenseDetail(db, scope, params['id'] ?? '');
  if (!found) return pageNotFound();
  const { license, plan, product, customer } = found;
  const isStaff = may(role, 'customers.read');
  const places = await listActivations(db, license.id);
  const used = await countRequestsOfMonth(db, license.id, monthStart(at));
  const done = doneTexts.find((candidate) => candidate === query['done']);
  const moduleNames = new Map((await listAllModules(db)).map((module) => [module.code, module.name]));
  return {
    view: 'license',
    title: t('license.title', { ending: license.key_hint }),
    data: {
      id: license.id,
      ending: license.key_hint,
      key,
      license: visible(license),
      status: statusAt(license, at),
      // Reasons and history are written for colleagues, not for whom the licence belongs to.
      statusReason: !isStaff ? undefined : reasonText(license.revoked_at === null ? (license.cancelled_reason ?? license.suspended_reason) : license.revoked_reason, t),
      statusSince: license.revoked_at ?? license.cancelled_at ?? license.suspended_at,
      isRevoked: license.revoked_at !== null,
      plan: { name: plan.name, requests: plan.monthly_requests, hasAi: plan.ai_proxy === 1 },
      modules: entitledModules({ features: plan.features, feature_versions: plan.feature_versions, modules: license.modules }, at).map((module) => ({ ...module, name: moduleNames.get(module.code) ?? module.code })),
      product,
      customer,
      places: places.map(placeView),
      sitesUsed: places.filter(({ is_staging: isStaging }) => isStaging === 0).length,
      stagingUsed: places.filter(({ is_staging: isStaging }) => isStaging === 1).length,
      siteLimit: license.max_sites ?? plan.max_sites,
      usage: { used, limit: plan.monthly_requests, resetsAt: windowEnd('month', monthStart(at)) },
      terms: await listTermsNewestFirst(db, license.id),
      orders: await listOrdersOfLicense(db, license.id),
      audit: isStaff ? (await listAudit(db, { entity: 'license', entityId: license.id }, {})).rows.slice(0, historyLength) : undefined,
      actions: availableActions(license).filter((action) => may(role, permissionFor(action))),
      organization: await findNodeName(db, license.organization_id),
      may: { write: may(role, 'licenses.write'), seeCustomer: isStaff, audit: may(role, 'audit.read') },
      isErased: license.cancelled_reason === customerErased,
      mayExtend: license.expires_at !== null && license.revoked_at === null,
      done: done && t(hasText(`done.${done}`) ? `done.${done}` : `people.done.${done}`),
    },
  };
}

/** A reason as people read it: some are written by the system. */
function reasonText(reason: string | null, t: Translate): string | null {
  return reason !== null && hasText(`people.reason.${reason}`) ? t(`people.reason.${reason}`) : reason;
}

/** The columns a page may show: nothing of the key. */
function visible<Columns extends { key_digest: unknown; key_cipher: unknown; key_id: unknown }>({ key_digest: _digest, key_cipher: _cipher, key_id: _keyId, ...license }: Columns): Omit<Columns, 'key_digest' | 'key_cipher' | 'key_id'> {
  return license;
}
