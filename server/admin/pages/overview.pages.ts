import type { Deps } from '../../deps.ts';
import { listLicenses } from '../licenses-list.store.ts';
import { listDeliveries } from '../lists.store.ts';
import { readFigures } from '../overview.store.ts';
import { recurringRevenue } from '../recurring-revenue.ts';
import { countJobs } from '../../jobs/count-jobs.ts';
import { page, type Page } from '../web/page.ts';

const dayMs = 24 * 60 * 60 * 1000;
const recent = 6;

/** How the business stands, and what needs a hand. */
export function overviewPages({ db, now, config }: Deps): Page[] {
  return [
    page('get', '/', 'overview.read', async ({ query, scope, t }) => {
      const at = now();
      const figures = await readFigures(db, at - dayMs, at);
      const { dead } = await countJobs(db);
      const licenses = (await listLicenses(db, { scope }, {}, at)).rows.slice(0, recent);
      const deliveries = (await listDeliveries(db, undefined, {})).rows.slice(0, recent);
      const data = { ...figures, publicUrl: config.publicUrl, deadJobs: dead, revenue: await recurringRevenue(db, at), licenses, deliveries, done: query['done'] === 'password-changed' ? t('done.password-changed') : undefined };
      return { view: 'overview', title: t('nav.overview'), data };
    }),
  ];
}
