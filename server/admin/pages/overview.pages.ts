import { providerStates } from '../../ai/breaker/breakers.ts';
import { loadCatalog } from '../../ai/catalog/load-catalog.ts';
import type { Deps } from '../../deps.ts';
import { readCountingProgress } from '../../figures/read-progress.ts';
import { readStatistics, type Statistics } from '../../figures/read-statistics.ts';
import { countJobs } from '../../jobs/count-jobs.ts';
import { overviewCharts, periodSwitch } from '../figure-charts.ts';
import { listDeliveries } from '../lists.store.ts';
import { countDeadDeliveries, listRecentLicenses } from '../overview.store.ts';
import { countingView } from '../web/counting-view.ts';
import { page, type Page } from '../web/page.ts';

const recent = 6;
const refreshSeconds = '15';
/** A provider that refuses or breaks off a tenth of at least so many calls a day is worth a look. */
const fewestCalls = 20;
const failingShare = 0.1;
const definitions = ['customers', 'active', 'requests', 'mrr', 'arpu', 'churn', 'conversion', 'expiring', 'issued', 'revenue', 'usage'];

/** How the business stands, and what needs a hand. */
export function overviewPages(deps: Deps): Page[] {
  const { db, now, config } = deps;
  return [
    page('get', '/', 'overview.read', async ({ query, t, locale, scope, res }) => {
      const at = now();
      const counting = countingView(await readCountingProgress(db));
      // Looks again by itself, with and without JavaScript.
      if (counting) res.set('Refresh', refreshSeconds);
      const { period, switches } = periodSwitch('/', query, t);
      const statistics = await readStatistics(db, scope, period, at);
      const isWhole = scope.kind === 'all';
      const operator = isWhole
        ? { deadDeliveries: await countDeadDeliveries(db), deadJobs: (await countJobs(db)).dead, failing: await failingProviders(deps, statistics), deliveries: (await listDeliveries(db, undefined, {})).rows.slice(0, recent) }
        : {};
      return {
        view: 'overview',
        title: t('nav.overview'),
        data: {
          isWhole,
          statistics,
          counting,
          periodName: t(`period.${period}`),
          switches,
          charts: overviewCharts(t, locale, statistics),
          ...operator,
          licenses: await listRecentLicenses(db, scope, at, recent),
          definitions: definitions.map((code) => ({ term: t(`define.${code}`), text: t(`define.${code}_text`) })),
          publicUrl: config.publicUrl,
          done: query['done'] === 'password-changed' ? t('done.password-changed') : undefined,
        },
      };
    }),
  ];
}

/** Providers that are not asked at the moment, or that failed often in the last 24 hours. */
async function failingProviders(deps: Deps, { providersOfDay }: Statistics): Promise<{ name: string; title: string; calls: number; failed: number; isOpen: boolean }[]> {
  const states = providerStates((await loadCatalog(deps)).upstreams, deps.now());
  const names = new Set([...states.map(({ name }) => name), ...providersOfDay.map(({ provider }) => provider)]);
  return [...names]
    .map((name) => {
      const day = providersOfDay.find(({ provider }) => provider === name);
      const state = states.find((candidate) => candidate.name === name);
      return { name, title: state?.title ?? name, calls: day?.calls ?? 0, failed: day?.failed_calls ?? 0, isOpen: state !== undefined && state.state !== 'closed' };
    })
    .filter(({ calls, failed, isOpen }) => isOpen || (calls >= fewestCalls && failed >= calls * failingShare));
}
