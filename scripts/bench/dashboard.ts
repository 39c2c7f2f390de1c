import { randomBytes } from 'node:crypto';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createAdmin } from '../../server/admin.ts';
import { createAdmin as addAdmin } from '../../server/users/create-admin.ts';
import { createApi } from '../../server/api.ts';
import type { Engine } from '../../server/db/database.ts';
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
/** Below this the ratio says more about the machine than about the page. */
const noticeableMs = 10;
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
  process.stderr.write(`\n${engine}, ${size.licenses.toLocaleString('en')} licences and ${size.usage.toLocaleString('en')} AI requests\n`);
  const { deps, close } = await openFilled(engine, size, options.keep);
  const servers: Server[] = [];
  try {
    const email = `bench-${randomBytes(6).toString('hex')}@localhost`;
    await addAdmin(deps.db, { email, password: 'one-time-password' }, { actor: 'bench' }, deps.now());
    const [admin, api] = [await listen(createAdmin(deps), servers), await listen(createApi(deps), servers)];
    const cookies = await signIn(admin, email);
    const timings = new Map<string, Timing>();
    for (const [name, address] of await dashboardPages(deps, size)) {
      if (!name.includes(options.only)) continue;
      const isApi = address.startsWith('/api/');
      timings.set(name, await time(isApi ? api : admin, address, isApi ? { authorization: `Bearer ${deps.secrets.adminApiToken}` } : { cookie: cookies }));
    }
    results.set(String(size.licenses), timings);
  } finally {
    for (const server of servers) server.close();
    await close();
  }
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
