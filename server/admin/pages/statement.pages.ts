import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { monthStart } from '../../usage/period.rules.ts';
import { askedMonth, readStatement } from '../../usage/read-statement.ts';
import { dollarText } from '../../usage/dollars.rules.ts';
import { monthText, statementCsv, type StatementSums } from '../../usage/statement.rules.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { formatDollars, monthName } from '../web/format.ts';
import type { Locale } from '../web/locale.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

/** What a licence has used in a month: as a page and as CSV. */
export function statementPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/licenses/:id/statement', async ({ params, query, locale, t }) => {
      const { license, plan, customer } = (await findLicenseDetail(db, params['id'] ?? '')) ?? pageNotFound();
      const asked = query['month'] ?? monthText(now());
      const frame = { id: license.id, ending: license.key_hint, plan: plan.name, customer, latest: monthText(now()), base: `/licenses/${license.id}` };
      let month: number;
      try {
        month = askedMonth(asked, 'month', now());
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { view: 'statement', title: t('statement.title'), status: error.status, data: { ...frame, asked, error: t('error.month') } };
      }
      const { lines, totals } = await readStatement(db, license.id, month);
      const inMonth = (moment: number) => monthText(monthStart(moment));
      const next = month + 32 * dayMs;
      return {
        view: 'statement',
        title: t('statement.title'),
        data: {
          ...frame,
          asked: monthText(month),
          monthName: monthName(month, locale),
          previous: inMonth(month - dayMs),
          next: monthStart(next) > now() ? undefined : inMonth(next),
          isRunning: month === monthStart(now()),
          lines: lines.map((line) => ({ ...shown(line, locale), day: line.day, provider: line.provider, model: line.model, isOwnKey: line.key_source === 'own' })),
          totals: shown(totals, locale),
        },
      };
    }),

    page('get', '/licenses/:id/statement.csv', async ({ params, query }) => {
      const { license } = (await findLicenseDetail(db, params['id'] ?? '')) ?? pageNotFound();
      const statement = await readStatement(db, license.id, askedMonth(query['month'] ?? '', 'query.month', now()));
      return { download: `statement-${license.key_hint}-${monthText(statement.month)}.csv`, type: 'text/csv; charset=utf-8; header=present', body: statementCsv(statement) };
    }),
  ];
}

const dayMs = 86_400_000;

/** The sums of a line with the cost as money; what is rarely there is left out where it is zero. */
function shown(sums: StatementSums, locale: Locale): Record<string, unknown> {
  return { ...sums, cost: formatDollars(dollarText(sums.cost_microcents), locale) };
}
