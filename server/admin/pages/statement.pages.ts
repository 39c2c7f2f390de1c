import type { Deps } from '../../deps.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';
import { downloadStatement, viewStatement } from '../web/statement-view.ts';

/** What a licence has used in a month: as a page and as CSV. */
export function statementPages(deps: Deps): Page[] {
  const { db } = deps;
  return [
    page('get', '/licenses/:id/statement', 'usage.read', async ({ scope, params, query, locale, t }) => {
      const { license, plan, customer } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      const frame = { id: license.id, ending: license.key_hint, plan: plan.name, customer, base: `/licenses/${license.id}` };
      return viewStatement(deps, { licenseId: license.id, view: 'statement', frame, month: query['month'], locale, t });
    }),

    page('get', '/licenses/:id/statement.csv', 'usage.read', async ({ scope, params, query }) => {
      const { license } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      return downloadStatement(deps, license, query['month']);
    }),
  ];
}
