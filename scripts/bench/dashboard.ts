import { randomBytes } from 'node:crypto';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createAdmin } from '../../server/admin.ts';
import { createAdmin as addAdmin } from '../../server/users/create-admin.ts';
import { createApi } from '../../server/api.ts';
import type { Engine } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { openFilled } from './dashboard-database.ts';
import { dashboardPages } from './dashboard-pages.ts';
import type { Sizes } from './seed-dashboard.ts';

/**
 * `npm run bench:dashboard`: how long the server works on each page of the dashboard, in a small business and in a large one. What a page costs must not grow with the
 * business: the aim is at most twice as long, and no page over 200 ms. `--licenses` and `--usage` name the sizes in pairs; `--only` a part of the addresses.
 * `--keep` a folder in which the filled databases stay for the next run.
 */
const { values: options } = parseArgs({
  options: {
    licenses: { type: 'string', default: '1000,1000000' },
    usage: { type: 'string', default: '10000,10000000' },
    engines: { type: 'string', default: 'sqlite,mariadb' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
});
const licenseCounts = options.licenses.split(',').map(Number);
const usageCounts = options.usage.split(',').map(Number);
const sizes: Sizes[] = licenseCounts.map((licenses, index) => ({ licenses, usage: usageCounts[index] ?? licenses * 10 }));
const rounds = Number(options.rounds);
const aimMs = 200;
const aimRatio = 2;
/** So little more says more about the machine than about the page. */
const noticeableMs = 10;
const longerBy = 1.25;
const adminPassword = 'a password for the bench';

/** The best round says what the page takes, the others what else the machine was doing. */
type Timing = { taken: number[]; status: number; characters: number };
/** A server over a database of one size, with somebody who is signed in. */
type Opened = { size: Sizes; deps: Deps; admin: number; api: number; cookies: string; pages: Map<string, string>; close: () => Promise<void> };

for (const engine of options.engines.split(',') as Engine[]) {
  const opened: Opened[] = [];
  try {
    for (const size of sizes) opened.push(await open(engine, size));
    await measure(engine, opened);
  } finally {
    for (const one of opened) await one.close();
  }
}

async function open(engine: Engine, size: Sizes): Promise<Opened> {
  process.stderr.write(`${engine}, ${size.licenses.toLocaleString('en')} licences and ${size.usage.toLocaleString('en')} AI requests\n`);
  const { deps, close } = await openFilled(engine, size, options.keep);
  const servers: Server[] = [];
  const email = `bench-${randomBytes(6).toString('hex')}@localhost`;
  await addAdmin(deps.db, { email, password: 'one-time-password' }, { actor: 'bench' }, deps.now());
  const [admin, api] = [await listen(createAdmin(deps), servers), await listen(createApi(deps), servers)];
  return {
    size, deps, admin, api,
    cookies: await signIn(admin, email),
    pages: new Map(await dashboardPages(deps, size)),
    close: async () => {
      for (const server of servers) server.close();
      // An export notices that its receiver has left when it has read its batch.
      await sleep(500);
      await close();
    },
  };
}

/** Asks each page of all sizes in turn, so that whatever else the machine does slows them alike. */
async function measure(engine: Engine, opened: Opened[]): Promise<void> {
  const rows: { name: string; timings: Timing[] }[] = [];
  for (const name of opened[0]?.pages.keys() ?? []) {
    if (!name.includes(options.only)) continue;
    const timings = opened.map((): Timing => ({ taken: [], status: 0, characters: 0 }));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { admin, api, cookies, deps, pages }] of opened.entries()) {
        const address = pages.get(name) ?? '/';
        const isApi = address.startsWith('/api/');
        const timing = timings[index];
        const { ms, status, body } = await get(isApi ? api : admin, address, isApi ? { authorization: `Bearer ${deps.secrets.adminApiToken}` } : { cookie: cookies });
        // The first finds nothing at hand.
        if (timing && round > 0) timing.taken.push(ms);
        if (timing) [timing.status, timing.characters] = [status, (await body()).length];
      }
    }
    if (timings.every(({ status }) => status !== 404)) rows.push({ name, timings });
  }
  report(engine, rows);
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
async function signIn(port: number, email: string): Promise<string> {
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
  await step('/login', { email, password: 'one-time-password' });
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

/** A page is too slow beyond `aimMs`, and grows with the business when it takes more than `aimRatio` times as long; of a few milliseconds more a ratio says nothing. */
function report(engine: Engine, rows: { name: string; timings: Timing[] }[]): void {
  const number = (count: number | undefined) => (count ?? 0).toLocaleString('en').padStart(10);
  const failed: string[] = [];
  process.stdout.write(`\n${engine.padEnd(52)}${number(sizes[0]?.licenses)} ${number(sizes.at(-1)?.licenses)}  ratio   median of all rounds\n`);
  for (const { name, timings } of rows) {
    const [small, large] = [timings[0], timings.at(-1)];
    if (!small || !large) continue;
    const [littleMs, bigMs] = [Math.min(...small.taken), Math.min(...large.taken)];
    const ratio = bigMs / Math.max(littleMs, 0.1);
    // A page that finds less than a screenful in the small business is no measure of the large one.
    const isLonger = large.characters > small.characters * longerBy;
    const isBad = large.status >= 400 || bigMs > aimMs || (ratio > aimRatio && bigMs - littleMs > noticeableMs && !isLonger);
    if (isBad) failed.push(name);
    process.stdout.write(`${isBad ? '!' : ' '} ${name.slice(0, 49).padEnd(49)} ${`${littleMs.toFixed(1)} ms`.padStart(10)} ${`${bigMs.toFixed(1)} ms`.padStart(10)}  ${ratio.toFixed(1).padStart(5)}  ${median(large.taken).toFixed(0).padStart(5)} ms${large.status === 200 ? '' : `  (${large.status})`}${isLonger ? '  longer page' : ''}\n`);
  }
  process.stdout.write(`${engine}: ${failed.length === 0 ? 'every page' : `${failed.length} pages not`} within ${aimMs} ms and ${aimRatio} times the small one (or ${noticeableMs} ms more than it); where the small business has less to show, by the time alone\n`);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
