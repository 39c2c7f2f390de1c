import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { createAdmin } from '../../server/admin.ts';
import { createAdmin as addAdmin } from '../../server/users/create-admin.ts';
import { createApi } from '../../server/api.ts';
import { parseConfig } from '../../server/config.ts';
import { closeDatabase, openDatabase, type Engine } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import type { Deps } from '../../server/deps.ts';
import { countFigures, rebuildFigures } from '../../server/figures/count-figures.ts';
import { newId } from '../../server/ids.ts';
import { loadSecrets } from '../../server/local-secrets.ts';
import { seed } from '../../server/seed.ts';
import { openVault } from '../../server/vault.ts';
import { benchDatabase } from './bench-run.ts';
import { seedDashboard, sellingDays, type Sizes } from './seed-dashboard.ts';

/**
 * `npm run bench:dashboard`: how long the server works on each page of the dashboard, in a small business and in a large one. What a page costs must not grow with the
 * business: the aim is at most twice as long, and no page over 200 ms. `--licenses` and `--usage` name the sizes in pairs; `--only` a part of the addresses.
 */
const { values: options } = parseArgs({
  options: {
    licenses: { type: 'string', default: '1000,1000000' },
    usage: { type: 'string', default: '10000,10000000' },
    engines: { type: 'string', default: 'sqlite,mariadb' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
  },
});
const licenseCounts = options.licenses.split(',').map(Number);
const usageCounts = options.usage.split(',').map(Number);
const sizes: Sizes[] = licenseCounts.map((licenses, index) => ({ licenses, usage: usageCounts[index] ?? licenses * 10 }));
const rounds = Number(options.rounds);
const aimMs = 200;
const aimRatio = 2;
/** Below this the ratio says more about the machine than about the page. */
const noticeableMs = 10;
const dayMs = 86_400_000;
const adminPassword = 'a password for the bench';

/** The best round says what the page takes, the others what else the machine was doing. */
type Timing = { bestMs: number; medianMs: number; status: number };
const results = new Map<string, Map<string, Timing>>();

for (const engine of options.engines.split(',') as Engine[]) {
  results.clear();
  for (const size of sizes) await measure(engine, size);
  report(engine);
}

async function measure(engine: Engine, size: Sizes): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-bench-'));
  const { url, drop } = await benchDatabase(engine);
  process.stderr.write(`\n${engine}, ${size.licenses.toLocaleString('en')} licences and ${size.usage.toLocaleString('en')} AI requests: filling the database …\n`);
  const config = parseConfig({ NODE_ENV: 'production', REQUIRE_TOTP: 'false', DATA_DIR: dataDir, TRUST_PROXY: '1', ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`, ...(url === undefined ? {} : { DATABASE_URL: url }) });
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, dataDir);
  const servers: Server[] = [];
  try {
    const now = Date.now;
    await migrate(db, now());
    const deps: Deps = { config, secrets, db, vault: await openVault(db, secrets.encryptionKeys, now()), log: pino({ level: 'error' }), now };
    await seed(deps);
    const organizationId = newId();
    await db.insertInto('organizations').values({ id: organizationId, parent_id: null, kind: 'reseller', name: 'Reseller', path: `/${organizationId}/`, license_quota: null, licenses_used: 0, disabled_at: null, created_at: now(), updated_at: now() }).execute();
    await seedDashboard(db, size, now(), organizationId);
    const startedAt = performance.now();
    await rebuildFigures(deps);
    const rebuiltMs = performance.now() - startedAt;
    const againAt = performance.now();
    await countFigures(deps);
    process.stdout.write(`${engine} ${size.licenses.toLocaleString('en')}: all figures counted in ${(rebuiltMs / 1000).toFixed(1)} s; a run of the job with nothing new ${Math.round(performance.now() - againAt)} ms\n`);
    await addAdmin(db, { email: 'bench@localhost', password: 'one-time-password' }, { actor: 'bench' }, now());
    const [admin, api] = [await listen(createAdmin(deps), servers), await listen(createApi(deps), servers)];
    const cookies = await signIn(admin);
    const timings = new Map<string, Timing>();
    for (const [name, address] of await addresses(deps, size)) {
      if (!name.includes(options.only)) continue;
      const isApi = address.startsWith('/api/');
      timings.set(name, await time(isApi ? api : admin, address, isApi ? { authorization: `Bearer ${secrets.adminApiToken}` } : { cookie: cookies }));
    }
    results.set(String(size.licenses), timings);
  } finally {
    for (const server of servers) server.close();
    await closeDatabase(db);
    await drop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Every list with its filters, first and deep; the figures; the search box; the exports. What this version has not, answers 404 and is left out. */
async function addresses({ db, now }: Deps, { licenses }: Sizes): Promise<[name: string, address: string][]> {
  const middle = now() - (sellingDays / 2) * dayMs;
  const deep = `${middle}.01900000-0002-7000-8000-000000000000`;
  const customer = await db.selectFrom('customers').select('id').orderBy('id').offset(Math.floor(Math.min(licenses / 5 - 1, 100))).limit(1).executeTakeFirstOrThrow();
  const license = await db.selectFrom('licenses').select(['id', 'key_hint']).orderBy('id').limit(1).executeTakeFirstOrThrow();
  const lists: Record<string, string[]> = {
    '/customers': ['', 'q=customer-1', 'q=customer-77@example.net', 'status=pending', 'q=zzz'],
    '/licenses': ['', 'status=active', 'status=expired', 'status=pending', 'status=suspended', 'status=cancelled', 'plan=pro', 'status=active&plan=agency', 'status=expired&plan=starter', 'q=customer-12', 'q=shop-12', `q=${license.key_hint}`],
    '/orders': ['', 'status=completed', 'provider=paddle', 'status=refunded'],
    '/subscriptions': ['', 'status=active', 'status=cancelled'],
    '/deliveries': ['', 'status=dead', 'status=handled'],
    '/emails': ['', 'status=failed'],
    '/audit': ['', 'entity=license', 'actor=paddle', 'entity=order'],
    '/webhooks': [''],
  };
  const pages = Object.entries(lists).flatMap(([list, filters]) => filters.flatMap((filter) => [filter, [filter, `after=${deep}`].filter(Boolean).join('&')].map((query): [string, string] => [`${list}${filter === '' ? '' : `?${filter}`}${query.includes('after=') ? ' (deep)' : ''}`, query === '' ? list : `${list}?${query}`])));
  const plain = [
    '/', '/?period=7d', '/?period=90d', '/?period=12m', '/usage', '/usage?by=model&period=90d', '/usage?by=plan_id&period=12m', '/usage?by=day&period=12m', '/usage?provider=openai&by=model', '/usage/customers', '/usage/customers?order=cost', '/usage/licenses', '/usage/licenses?order=cost', '/expiring', '/expiring?days=90',
    '/search?q=customer', '/search?q=customer-77@example.net', '/search?q=company', '/search?q=customer 77', '/search?q=N-42', '/search?q=shop-4', `/search?q=${license.key_hint}`, '/search?q=nothing-like-it',
    '/providers', '/prices', '/plans', '/products', '/tokens', '/settings', '/system',
    '/api/v1/statistics', '/api/v1/statistics?period=12m&group=model', '/api/v1/usage', '/api/v1/usage?group=license', '/api/v1/usage-records', '/api/v1/customers', '/api/v1/licenses', '/api/v1/orders', '/api/v1/audit', '/api/v1/exports/customers?format=csv', '/api/v1/exports/licenses?format=csv', '/api/v1/exports/orders?format=csv',
  ];
  return [...pages, ['/customers/:id', `/customers/${customer.id}`], ['/licenses/:id', `/licenses/${license.id}`], ...plain.map((address): [string, string] => [address, encodeURI(address)])];
}

/** Until the first byte, which for a page is all of it. */
async function time(port: number, address: string, headers: Record<string, string>): Promise<Timing> {
  const first = await get(port, address, headers);
  if (first.status === 404) return { bestMs: 0, medianMs: 0, status: 404 };
  const taken: number[] = [];
  for (let round = 0; round < rounds; round += 1) taken.push((await get(port, address, headers)).ms);
  taken.sort((a, b) => a - b);
  return { bestMs: taken[0] ?? 0, medianMs: taken[Math.floor(taken.length / 2)] ?? 0, status: first.status };
}

function get(port: number, address: string, headers: Record<string, string>, form?: string): Promise<{ status: number; ms: number; headers: IncomingHttpHeaders; body: () => Promise<string> }> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = request({ host: '127.0.0.1', port, path: address, headers: { host: `127.0.0.1:${port}`, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }), ...headers }, method: form === undefined ? 'GET' : 'POST' }, (response) => {
      const ms = performance.now() - startedAt;
      // An export is not read to its end.
      if (address.includes('/exports/')) {
        response.destroy();
        resolve({ status: response.statusCode ?? 0, ms, headers: response.headers, body: async () => '' });
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - startedAt, headers: response.headers, body: async () => text }));
    });
    sent.on('error', reject).end(form);
  });
}

/** The cookies of an administrator who is signed in. */
async function signIn(port: number): Promise<string> {
  const jar = new Map<string, string>();
  let token = '';
  const step = async (address: string, form?: Record<string, string>) => {
    const answer = await get(port, address, { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }, form && new URLSearchParams({ _csrf: token, ...form }).toString());
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    token = /name="_csrf" value="([^"]+)"/.exec(await answer.body())?.[1] ?? token;
    return answer;
  };
  await step('/login');
  await step('/login', { email: 'bench@localhost', password: 'one-time-password' });
  await step('/password');
  await step('/password', { current: 'one-time-password', password: adminPassword, repeated: adminPassword });
  const { status } = await step('/');
  if (status !== 200) throw new Error(`the overview answered ${status}: nobody is signed in`);
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

async function listen(app: Parameters<typeof createServer>[1], servers: Server[]): Promise<number> {
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1' }, () => resolve());
  });
  return (server.address() as AddressInfo).port;
}

function report(engine: Engine): void {
  const [small, large] = [results.get(String(sizes[0]?.licenses)), results.get(String(sizes.at(-1)?.licenses))];
  if (!small || !large) return;
  const failed: string[] = [];
  process.stdout.write(`\n${engine.padEnd(48)} ${String(sizes[0]?.licenses.toLocaleString('en')).padStart(10)} ${String(sizes.at(-1)?.licenses.toLocaleString('en')).padStart(10)}  ratio  median\n`);
  for (const [name, big] of large) {
    const little = small.get(name);
    if (!little || big.status === 404) continue;
    const ratio = big.bestMs / Math.max(little.bestMs, 0.1);
    const isBad = big.status >= 400 || big.bestMs > aimMs || (ratio > aimRatio && big.bestMs > noticeableMs);
    if (isBad) failed.push(name);
    process.stdout.write(`${isBad ? '!' : ' '} ${name.slice(0, 46).padEnd(46)} ${`${little.bestMs.toFixed(1)} ms`.padStart(10)} ${`${big.bestMs.toFixed(1)} ms`.padStart(10)}  ${ratio.toFixed(1).padStart(5)}  ${big.medianMs.toFixed(0).padStart(5)} ms${big.status === 200 ? '' : `  (${big.status})`}\n`);
  }
  process.stdout.write(failed.length === 0 ? `${engine}: every page within ${aimMs} ms and ${aimRatio} times the small one\n` : `${engine}: ${failed.length} pages beyond ${aimMs} ms or ${aimRatio} times the small one\n`);
}
