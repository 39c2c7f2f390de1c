import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { closeDatabase, openDatabase, type Engine } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { licenseFactsSql } from '../../server/licenses/licenses.store.ts';
import { openVault, readLookupKey } from '../../server/vault.ts';
import { seedPlans } from '../../server/plans/seed-plans.ts';
import { freePort } from '../services.ts';
import { benchDatabase, end, medianOf } from './bench-run.ts';
import { benchKey, benchSite, seedLicenses } from './seed-licenses.ts';

/**
 * `npm run bench:validate`: POST /api/validate, complete, against a bare node:http handler that does the same query, in the same run.
 * Both run alternately, so that a slow moment of the machine meets both; the ratio is of the medians.
 */
const { values: options } = parseArgs({
  options: {
    licenses: { type: 'string', default: '10000,1000000' },
    engines: { type: 'string', default: 'sqlite,mariadb' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '10' },
  },
});
const sizes = options.licenses.split(',').map(Number);
const engines = options.engines.split(',') as Engine[];
const targets: Record<Engine, number> = { sqlite: 0.45, mariadb: 0.6 };

type Figures = { perSecond: number; p50Ms: number; p99Ms: number; failed: number };

const ratios: { engine: Engine; size: number; ratio: number; perSecond: number; barePerSecond: number }[] = [];
for (const engine of engines) for (const size of sizes) await measure(engine, size);
report();

async function measure(engine: Engine, size: number): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-bench-'));
  const { url, drop } = await benchDatabase(engine);
  const encryptionKeys = [{ id: 'bench', key: randomBytes(32) }];
  const servers: ChildProcess[] = [];
  try {
    process.stderr.write(`\n${engine}, ${size.toLocaleString('en')} licences: filling the database …\n`);
    const db = openDatabase(url, dataDir);
    await migrate(db, Date.now());
    const vault = await openVault(db, encryptionKeys, Date.now());
    await seedPlans(db, Date.now());
    await seedLicenses(db, vault, size, Date.now());
    const sql = licenseFactsSql(db);
    const lookupKey = await readLookupKey(db, encryptionKeys);
    await closeDatabase(db);

    const environment = { PATH: process.env['PATH'], NODE_ENV: 'production', DATA_DIR: dataDir, TRUST_PROXY: '1', ENCRYPTION_KEYS: `bench:${encryptionKeys[0]?.key.toString('base64')}`, ...(url === undefined ? {} : { DATABASE_URL: url }) };
    const port = await freePort();
    const chatello = spawn('node', ['server/main.ts'], { env: { ...environment, PORT: String(port), ADMIN_PORT: String(await freePort()) }, stdio: ['ignore', 'ignore', 'inherit'] });
    servers.push(chatello);
    const bare = spawn('node', ['scripts/bench/bare-server.ts'], { env: { PATH: process.env['PATH'], BENCH_SQL: sql, BENCH_LOOKUP_KEY: lookupKey, BENCH_DATABASE: url ?? path.join(dataDir, 'chatello.sqlite') }, stdio: ['ignore', 'pipe', 'inherit'] });
    servers.push(bare);
    const barePort = await new Promise<number>((resolve) => bare.stdout?.once('data', (line: Buffer) => resolve((JSON.parse(line.toString()) as { port: number }).port)));
    await answersValid(port);

    const rounds: { ours: Figures; bare: Figures }[] = [];
    await load(port, size, '2');
    await load(barePort, size, '2');
    for (let round = 0; round < Number(options.rounds); round += 1) {
      rounds.push({ bare: await load(barePort, size, options.seconds), ours: await load(port, size, options.seconds) });
    }
    const bareFigures = medianOf(rounds.map((round) => round.bare));
    const ours = medianOf(rounds.map((round) => round.ours));
    print(`bare handler`, bareFigures);
    print(`/api/validate`, ours);
    const ratio = ours.perSecond / bareFigures.perSecond;
    process.stdout.write(`  ${engine} ${size.toLocaleString('en')}: ratio ${ratio.toFixed(3)} (aim: at least ${targets[engine]})\n`);
    ratios.push({ engine, size, ratio, perSecond: ours.perSecond, barePerSecond: bareFigures.perSecond });
  } finally {
    for (const server of servers) await end(server);
    await drop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Waits for the server, and makes sure that what is measured is a real, positive verdict. */
async function answersValid(port: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/api/validate`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-license-key': benchKey(0) }, body: JSON.stringify({ domain: benchSite(0) }) });
      const body = (await response.json()) as { valid?: boolean };
      if (body.valid !== true) throw new Error(`the server answered ${JSON.stringify(body)}`);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}

async function load(port: number, size: number, seconds: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)('node', ['scripts/bench/load.ts', `http://127.0.0.1:${port}`, String(size), seconds, options.connections]);
  const figures = JSON.parse(stdout) as Figures;
  if (figures.failed > 0) throw new Error(`${figures.failed} requests failed`);
  return figures;
}

function print(name: string, { perSecond, p50Ms, p99Ms }: Figures): void {
  process.stdout.write(`  ${name.padEnd(14)} ${Math.round(perSecond).toLocaleString('en').padStart(8)} requests/s   p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms\n`);
}

function report(): void {
  for (const engine of engines) {
    const [small, large] = [sizes[0], sizes.at(-1)].map((size) => ratios.find((entry) => entry.engine === engine && entry.size === size));
    if (!small || !large || small === large) continue;
    const loss = 1 - large.ratio / small.ratio;
    process.stdout.write(`${engine}: from ${small.size.toLocaleString('en')} to ${large.size.toLocaleString('en')} licences ${(100 * (1 - large.perSecond / small.perSecond)).toFixed(1)} % loss (${(100 * loss).toFixed(1)} % of the ratio; aim: at most 10 %)\n`);
  }
}
