import { formatDollars, monthName } from '../../admin/web/format.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { monthStart } from '../../usage/period.rules.ts';
import { askedMonth, readStatement } from '../../usage/read-statement.ts';
import { dollarText } from '../../usage/dollars.rules.ts';
import { monthText, statementCsv } from '../../usage/statement.rules.ts';
import { findOwnLicense } from '../account.store.ts';
import { accountPage, type SitePage } from '../web/site-page.ts';

const dayMs = 86_400_000;

/** What a buyer's licence has used in a month: as a page and as CSV. */
export function ownStatementPages({ db, now }: Deps): SitePage[] {
  return [
    accountPage('get', '/account/licenses/:id/statement', async ({ customer, params, query, locale, t }) => {
      const own = await findOwnLicense(db, customer.id, params['id'] ?? '');
      if (!own) throw new AppError('NOT_FOUND', 'There is no such licence.');
      const asked = query['month'] ?? monthText(now());
      const frame = { id: own.license.id, ending: own.license.key_hint, plan: own.plan.name, latest: monthText(now()), base: `/account/licenses/${own.license.id}` };
      let month: number;
      try {
        month = askedMonth(asked, 'month', now());
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { view: 'account-statement', title: t('statement.title'), status: error.status, data: { ...frame, asked, error: t('error.month') } };
      }
      const { lines, totals } = await readStatement(db, own.license.id, month);
      const inMonth = (moment: number) => monthText(monthStart(moment));
      const next = month + 32 * dayMs;
      const cost = (microcents: number) => formatDollars(dollarText(microcents), locale);
      const data = {
        ...frame,
        asked: monthText(month),
        monthName: monthName(month, locale),
        previous: inMonth(month - dayMs),
        next: monthStart(next) > now() ? undefined : inMonth(next),
        isRunning: month === monthStart(now()),
        lines: lines.map((line) => ({ ...line, cost: cost(line.cost_microcents), isOwnKey: line.key_source === 'own' })),
        totals: { ...totals, cost: cost(totals.cost_microcents) },
      };
      return { view: 'account-statement', title: t('statement.title'), data };
    }),

    accountPage('get', '/account/licenses/:id/statement.csv', async ({ customer, params, query }) => {
      const own = await findOwnLicense(db, customer.id, params['id'] ?? '');
      if (!own) throw new AppError('NOT_FOUND', 'There is no such licence.');
      const statement = await readStatement(db, own.license.id, askedMonth(query['month'] ?? '', 'query.month', now()));
      return { download: `statement-${own.license.key_hint}-${monthText(statement.month)}.csv`, type: 'text/csv; charset=utf-8; header=present', body: statementCsv(statement) };
    }),
  ];
}
