import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { memoryUsage, pid, versions } from 'node:process';
import { loadCatalog } from '../../ai/catalog/load-catalog.ts';
import { providerStates } from '../../ai/breaker/breakers.ts';
import type { Deps } from '../../deps.ts';
import { errorText } from '../../errors.ts';
import { listDeadJobs } from '../../jobs/jobs.store.ts';
import { deleteJob, jobsRetriedAtOnce, retryJob, retryJobs } from '../../jobs/manage-jobs.ts';
import { version } from '../../version.ts';
import { describeDatabase, findDeadJob, listMigrations, listQueue, listRecurring } from '../system.store.ts';
import type { Locale } from '../web/locale.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const deadShown = 50;
const doneTexts = ['job-retried', 'job-deleted'];

/** How the server is: its health, its queue, its database and its versions, to look at and to pass on. */
export function systemPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/system', 'system.read', async ({ query, role, locale, t }) => {
      const at = now();
      const [queue, dead, recurring, migrations, facts] = [await listQueue(db, at), await listDeadJobs(db, deadShown), await listRecurring(db), await listMigrations(db), await factsOf(deps, locale)];
      const done = doneTexts.find((code) => code === query['done']);
      const scheduled = recurring.map((job) => ({ ...job, hasRun: job.updated_at > job.created_at, isDead: job.status === 'dead' }));
      const data = {
        facts, queue, scheduled, migrations,
        providers: await providersOf(deps),
        dead: dead.map((job) => ({ ...job, about: aboutOf(job.payload) })),
        isCut: dead.length === deadShown,
        canWrite: role === 'superadmin',
        diagnostics: diagnosticsText(facts, queue, scheduled, migrations, at),
        done: query['count'] === undefined ? done && t(`system.done.${done}`) : t('system.done.jobs-retried', { count: Number(query['count']) || 0 }),
      };
      return { view: 'system', title: t('nav.system'), data };
    }),

    page('post', '/system/jobs/:id/retry', 'settings.write', async ({ params, by }) => {
      await retryJob(db, params['id'] ?? '', by, now());
      return { redirect: '/system?done=job-retried' };
    }),

    page('post', '/system/retry', 'settings.write', async ({ form, by }) => {
      const count = await retryJobs(db, (form['kind'] ?? '').slice(0, 64), jobsRetriedAtOnce, by, now());
      return { redirect: `/system?done=job-retried&count=${count}` };
    }),

    page('get', '/system/jobs/:id/delete', 'settings.write', async ({ params, t }) => {
      const job = (await findDeadJob(db, params['id'] ?? '')) ?? pageNotFound();
      return { view: 'job-delete', title: t('system.delete_title'), data: { job, about: aboutOf(job.payload) } };
    }),

    page('post', '/system/jobs/:id/delete', 'settings.write', async ({ params, by }) => {
      await deleteJob(db, params['id'] ?? '', by, now());
      return { redirect: '/system?done=job-deleted' };
    }),
  ];
}

type Fact = { key: string; value: string };

/** Facts of this process and what it stands on. Nothing of them is a secret. */
async function factsOf({ db, config, log, now }: Deps, locale: Locale): Promise<Fact[]> {
  const database = await describeDatabase(db, config);
  const disk = await statfs(config.dataDir).catch((error: unknown) => {
    log.warn({ detail: errorText(error) }, 'the disk could not be looked at');
    return undefined;
  });
  const upMs = performance.now();
  const list: (Fact | undefined)[] = [
    { key: 'version', value: version },
    { key: 'node', value: versions.node },
    { key: 'database', value: `${database.engine} ${database.version}` },
    database.bytes === undefined ? undefined : { key: 'database_size', value: bytesText(database.bytes, locale) },
    disk === undefined ? undefined : { key: 'disk_free', value: `${bytesText(disk.bavail * disk.bsize, locale)} / ${bytesText(disk.blocks * disk.bsize, locale)}` },
    { key: 'uptime', value: durationText(upMs, locale) },
    { key: 'started', value: new Date(now() - upMs).toISOString().slice(0, 16).replace('T', ' ') },
    { key: 'process', value: `${pid} @ ${os.hostname()}` },
    { key: 'memory', value: bytesText(memoryUsage().rss, locale) },
    { key: 'system', value: `${os.platform()} ${os.release()} ${os.arch()}, ${os.availableParallelism()} CPU` },
    { key: 'environment', value: config.NODE_ENV },
  ];
  return list.flatMap((fact) => fact ?? []);
}

async function providersOf(deps: Deps): Promise<{ name: string; title: string; state: string; failures: number; lastError: string | undefined }[]> {
  const { upstreams, isDemo } = await loadCatalog(deps);
  return isDemo ? [] : providerStates(upstreams, deps.now()).map(({ name, title, state, failures, lastError }) => ({ name, title, state: state === 'closed' ? 'ready' : state, failures, lastError }));
}

/** What a job is about: the ids of its payload, without addresses or texts. */
function aboutOf(payload: string): string {
  const values = JSON.parse(payload) as Record<string, unknown>;
  return Object.entries(values).filter(([, value]) => typeof value === 'string' && /^[\w:-]{1,64}$/.test(value)).map(([name, value]) => `${name} ${String(value)}`).join(', ');
}

/** Plain text to pass on: versions, numbers and times, no names, addresses or keys. */
function diagnosticsText(facts: Fact[], queue: Awaited<ReturnType<typeof listQueue>>, scheduled: { kind: string; status: string; run_at: number; updated_at: number }[], migrations: { name: string; applied_at: number }[], now: number): string {
  const time = (ms: number) => new Date(ms).toISOString();
  return [
    `Chatello diagnostics, ${time(now)}`,
    ...facts.filter(({ key }) => key !== 'process').map(({ key, value }) => `${key}: ${value}`),
    '', 'queue (due, later, running, failed once, given up)',
    ...queue.map(({ kind, due, later, running, retrying, dead }) => `${kind}: ${due}, ${later}, ${running}, ${retrying}, ${dead}`),
    '', 'scheduled (last run, next run)',
    ...scheduled.map(({ kind, status, run_at: next, updated_at: last }) => `${kind}: ${status}, ${time(last)}, ${time(next)}`),
    '', 'migrations',
    ...migrations.map(({ name, applied_at: at }) => `${name} ${time(at)}`),
  ].join('\n');
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function bytesText(bytes: number, locale: Locale): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1_000))));
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: 1 }).format(bytes / 1_000 ** step);
}

function durationText(ms: number, locale: Locale): string {
  const [amount, unit] = ms < 3_600_000 ? [ms / 60_000, 'minute'] : ms < 172_800_000 ? [ms / 3_600_000, 'hour'] : [ms / 86_400_000, 'day'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.floor(amount));
}
