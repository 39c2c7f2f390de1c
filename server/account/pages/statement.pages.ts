import { downloadStatement, viewStatement } from '../../admin/web/statement-view.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { findOwnLicense } from '../account.store.ts';
import { accountPage, type SitePage } from '../web/site-page.ts';

/** What a buyer's licence has used in a month: as a page and as CSV. */
export function ownStatementPages(deps: Deps): SitePage[] {
  const getOwn = async (customerId: string, id: string | undefined) => {
    const own = await findOwnLicense(deps.db, customerId, id ?? '');
    if (!own) throw new AppError('NOT_FOUND', 'There is no such licence.');
    return own;
  };
  return [
    accountPage('get', '/account/licenses/:id/statement', async ({ customer, params, query, locale, t }) => {
      const { license, plan } = await getOwn(customer.id, params['id']);
      const frame = { id: license.id, ending: license.key_hint, plan: plan.name, base: `/account/licenses/${license.id}` };
      return viewStatement(deps, { licenseId: license.id, view: 'account-statement', frame, month: query['month'], locale, t });
    }),

    accountPage('get', '/account/licenses/:id/statement.csv', async ({ customer, params, query }) => downloadStatement(deps, (await getOwn(customer.id, params['id'])).license, query['month'])),
  ];
}
