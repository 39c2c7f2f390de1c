import { type Span, type Period, periods } from '../figures/periods.rules.ts';
import type { Statistics } from '../figures/read-statistics.ts';
import { total } from '../figures/statistics.rules.ts';
import { providerName } from './actors.ts';
import { chartLooks, extentOf, type BarChart, type ChartSeries } from './web/chart.ts';
import { formatMoney, formatNumber, monthName, utcDate } from './web/format.ts';
import type { Locale, Translate } from './web/locale.ts';
import { addressOf } from './paging.store.ts';

/** A chart as partials/chart.hbs takes it: the bars, what stands beside them, and the numbers as a table. */
export type ChartView = {
  id: string;
  title: string;
  chart: BarChart;
  isEmpty: boolean;
  legend: { look: number; name: string }[];
  top: string;
  bottom: string;
  ends: string[];
  unit: string;
  head: string[];
  rows: { label: string; cells: string[] }[];
};
type ChartInput = { id: string; title: string; span: Span; series: ChartSeries[]; below?: ChartSeries; format?: (value: number) => string };

/** Bars over a span with all that is to be read of them. More series than there are looks are shown as one. */
export function chartView(t: Translate, locale: Locale, { id, title, span, series: given, below, format }: ChartInput): ChartView {
  const show = format ?? ((value: number) => formatNumber(value, locale));
  const series = given.length > chartLooks ? [...given.slice(0, chartLooks - 1), othersOf(given.slice(chartLooks - 1), t('chart.others'))] : given;
  const labels = span.buckets.map((bucket) => (span.unit === 'month' ? monthName(bucket, locale) : utcDate(bucket, locale)));
  const { top, bottom } = extentOf({ series, below });
  const all = [...series, ...(below ? [below] : [])];
  return {
    id,
    title,
    chart: { title: `${title}. ${t('chart.described')}`, labels, series, below, format: show },
    isEmpty: all.every(({ values }) => total(values) === 0),
    legend: all.length > 1 ? all.map(({ name }, look) => ({ look, name })) : [],
    top: show(top),
    bottom: below ? show(bottom) : '',
    ends: [labels[0] ?? '', labels.at(-1) ?? ''],
    unit: t(span.unit === 'month' ? 'chart.month' : 'chart.day'),
    head: all.map(({ name }) => name),
    rows: labels.map((label, index) => ({ label, cells: all.map(({ values }) => show(values[index] ?? 0)) })).toReversed(),
  };
}

function othersOf(series: ChartSeries[], name: string): ChartSeries {
  return { name, values: (series[0]?.values ?? []).map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)) };
}

/** The charts of the overview: licences that came and went, revenue with a chart for each currency, requests by provider. */
export function overviewCharts(t: Translate, locale: Locale, { span, issued, lost, revenue, usage }: Statistics): { licenses: ChartView; revenue: ChartView[]; usage: ChartView } {
  return {
    licenses: chartView(t, locale, { id: 'chart-licenses', title: t('overview.chart.licenses'), span, series: [{ name: t('overview.new'), values: issued.values }], below: { name: t('overview.lost'), values: lost.values } }),
    revenue: revenue.currencies.map(({ currency, net }, index) =>
      chartView(t, locale, { id: `chart-revenue-${index}`, title: t('overview.chart.revenue', { currency }), span: revenue.span, series: [{ name: currency, values: net.map((amount) => Math.max(amount, 0)) }], format: (value) => formatMoney(value, currency, locale) }),
    ),
    usage: chartView(t, locale, { id: 'chart-usage', title: t('overview.chart.usage'), span, series: usage.map(({ label, values }) => ({ name: providerName(label, t), values })) }),
  };
}

/** The period of an address, 30 days without one, and the links to the others. */
export function periodSwitch(path: string, query: Record<string, string>, t: Translate): { period: Period; switches: { href: string; label: string; isCurrent: boolean }[] } {
  const period = periods.find((candidate) => candidate === query['period']) ?? '30d';
  return { period, switches: periods.map((code) => ({ href: addressOf(path, { ...query, period: code }), label: t(`period.${code}`), isCurrent: code === period })) };
}
