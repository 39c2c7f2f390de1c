import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeDatabase, openDatabase, type Engine } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { seedPlans } from '../../server/plans/seed-plans.ts';
import { openVault } from '../../server/vault.ts';
import { freePort } from '../services.ts';
import { startServer } from '../support/server-process.ts';
import { benchDatabase, end } from './bench-run.ts';
import { seedLicenses } from './seed-licenses.ts';

export type Proxy = { name: string; url: string; child: ChildProcess; stop: () => Promise<void> };

const portkeyVersion = '1.15.2';
const plenty = 1_000_000_000;

/** Starts a script of this folder that prints its address. */
export async function startScript(name: string, file: string, environment: Record<string, string> = {}): Promise<Proxy> {
  const child = spawn('node', [path.join(import.meta.dirname, file)], { env: { PATH: process.env['PATH'], ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())));
  return { name, url: `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`, child, stop: () => end(child) };
}

/** The whole product on a database of its own with so many licences that nearly nothing limits; every request is checked, counted and written to the ledger. */
export async function startChatello(engine: Engine, licenses: number, upstream: string, dataDir: string, processes = 1): Promise<Proxy> {
  const { url, drop } = await benchDatabase(engine);
  const encryptionKeys = [{ id: 'bench', key: randomBytes(32) }];
  const db = openDatabase(url, dataDir);
  await migrate(db, Date.now());
  const vault = await openVault(db, encryptionKeys, Date.now());
  await seedPlans(db, Date.now());
  await seedLicenses(db, vault, licenses, Date.now());
  await db.updateTable('plans').set({ monthly_requests: plenty, hourly_requests: plenty }).execute();
  await closeDatabase(db);
  const variables = { NODE_ENV: 'production', TRUST_PROXY: '1', PROCESSES: String(processes), ENCRYPTION_KEYS: `bench:${encryptionKeys[0]?.key.toString('base64')}`, OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: `${upstream}/v1`, ...(url === undefined ? {} : { DATABASE_URL: url }) };
  const { child, apiUrl, stop } = await startServer(dataDir, variables);
  return {
    name: processes === 1 ? 'Chatello' : `Chatello x${processes}`, url: apiUrl, child,
    async stop() {
      await stop();
      await drop();
    },
  };
}

/** Portkey's gateway, installed into a folder of its own outside the project; undefined where it cannot be had. */
export async function startPortkey(): Promise<Proxy | undefined> {
  const folder = path.join(tmpdir(), `chatello-bench-portkey-${portkeyVersion}`);
  const script = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(script)) {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, `@portkey-ai/gateway@${portkeyVersion}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    } catch (error) {
      process.stderr.write(`Portkey's gateway could not be installed, so it is left out: ${(error as Error).message}\n`);
      return undefined;
    }
  }
  const port = await freePort();
  const child = spawn('node', [script, `--port=${port}`, '--headless'], { env: { PATH: process.env['PATH'], NODE_ENV: 'production' }, stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await fetch(url).then(() => true, () => false)) break;
    await sleep(50);
  }
  return { name: 'Portkey', url, child, stop: () => end(child) };
}
