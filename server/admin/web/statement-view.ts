import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { dollarText } from '../../usage/dollars.rules.ts';
import { monthStart } from '../../usage/period.rules.ts';
import { askedMonth, readStatement } from '../../usage/read-statement.ts';
import { monthText, statementCsv, type StatementSums } from '../../usage/statement.rules.ts';
import { formatDollars, monthName } from './format.ts';
import type { Locale, Translate } from './locale.ts';

type Statement = {
  licenseId: string;
  /** The template, and what it says of the licence. */
  view: string;
  frame: Record<string, unknown>;
  /** As the address names it; without it the running month. */
  month: string | undefined;
  locale: Locale;
  t: Translate;
};
type StatementView = { view: string; title: string; status?: number; data: Record<string, unknown> };
type Download = { download: string; type: string; body: string };

const dayMs = 86_400_000;

/** The statement of a month as a page; a month that cannot be is told in the form, with what was typed. */
export async function viewStatement({ db, now }: Pick<Deps, 'db' | 'now'>, { licenseId, view, frame: about, month: named, locale, t }: Statement): Promise<StatementView> {
  const title = t('statement.title');
  const asked = named ?? monthText(now());
  const frame = { ...about, latest: monthText(now()) };
  let month: number;
  try {
    month = askedMonth(asked, 'month', now());
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { view, title, status: error.status, data: { ...frame, asked, error: t('error.month') } };
  }
  const { lines, totals } = await readStatement(db, licenseId, month);
  const inMonth = (moment: number) => monthText(monthStart(moment));
  const next = month + 32 * dayMs;
  const withCost = <Sums extends StatementSums>(sums: Sums) => ({ ...sums, cost: formatDollars(dollarText(sums.cost_microcents), locale) });
  const data = {
    ...frame,
    asked: monthText(month),
    monthName: monthName(month, locale),
    previous: inMonth(month - dayMs),
    next: monthStart(next) > now() ? undefined : inMonth(next),
    isRunning: month === monthStart(now()),
    lines: lines.map((line) => ({ ...withCost(line), isOwnKey: line.key_source === 'own' })),
    totals: withCost(totals),
  };
  return { view, title, data };
}

/** The same as a file. Throws INVALID_REQUEST for a month that cannot be. */
export async function downloadStatement({ db, now }: Pick<Deps, 'db' | 'now'>, license: { id: string; key_hint: string }, month: string | undefined): Promise<Download> {
  const statement = await readStatement(db, license.id, askedMonth(month ?? '', 'query.month', now()));
  return { download: `statement-${license.key_hint}-${monthText(statement.month)}.csv`, type: 'text/csv; charset=utf-8; header=present', body: statementCsv(statement) };
}
