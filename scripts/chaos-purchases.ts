import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mapProduct } from '../server/billing/map-product.ts';
import { closeDatabase, openDatabase, type Db } from '../server/db/database.ts';
import { paddleAgencyPrice, paddlePrice, secrets, signedHeaders, stripePrice, type Delivery } from './chaos/deliveries.ts';
import { tellStories } from './chaos/tell-stories.ts';
import { verifyPurchases, type Findings } from './chaos/verify.ts';
import { freePort } from './services.ts';
import { createScratchDatabase } from './support/scratch-database.ts';
import { startServer, type ServerProcess } from './support/server-process.ts';

export type ChaosOptions = { deliveries: number; duplicates: number; kills: number; databaseUrl: string | undefined; say: (line: string) => void };
export type ChaosResult = Findings & { sent: number; attempts: number; duplicates: number; kills: number; killsWhileDraining: number; seconds: number };

const senders = 8;
const drainTimeoutMs = 15 * 60_000;

/**
 * Buys from the real server while it is killed and started again: deliveries of all providers, whole lives of subscriptions among them, shuffled and repeated, each retried
 * until it is answered 2xx as a provider does. Then waits until the queue is empty and counts what is lost, double or wrong.
 * `databaseUrl` is an empty database; without one a new SQLite file is used.
 */
export async function runChaos({ deliveries: total, duplicates: share, kills, databaseUrl, say }: ChaosOptions): Promise<ChaosResult> {
  const startedAt = Date.now();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-chaos-'));
  const server = await restartableServer(dataDir, {
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    PADDLE_WEBHOOK_SECRETS: secrets.paddle, WOOCOMMERCE_WEBHOOK_SECRETS: secrets.woocommerce, STRIPE_WEBHOOK_SECRETS: secrets.stripe,
    // The deliveries come from many addresses, as a provider's do; otherwise the limit for one address would set the pace.
    TRUST_PROXY: '1',
  });
  const db = openDatabase(databaseUrl, dataDir);
  try {
    for (const [provider, externalId, plan] of [['paddle', paddlePrice, 'pro'], ['paddle', paddleAgencyPrice, 'agency'], ['stripe', stripePrice, 'pro']] as const) await mapProduct(db, { provider, externalId, plan, months: 1 }, { actor: 'chaos' }, Date.now());
    const stories = tellStories(Math.round(total * (1 - share)));
    const unique = stories.flatMap(({ deliveries }) => deliveries);
    const repeated = Array.from({ length: Math.max(0, total - unique.length) }, () => unique[randomInt(unique.length)] as Delivery);
    const queue = shuffled([...unique, ...repeated]);
    const state = { sent: 0, attempts: 0, killed: 0 };
    const killing = killWhileSending(server, state, queue.length, Math.ceil(kills * 0.7), say);
    await Promise.all([killing, ...Array.from({ length: senders }, () => sendAll(server.url, queue, state))]);
    const whileSending = state.killed;
    await killWhileDraining(server, db, state, kills, say);
    await drained(db);
    await server.kill('SIGTERM');
    const findings = await verifyPurchases(db, path.join(dataDir, 'outbox'), stories.flatMap(({ expected }) => expected));
    return { ...findings, sent: state.sent, attempts: state.attempts, duplicates: repeated.length, kills: state.killed, killsWhileDraining: state.killed - whileSending, seconds: Math.round((Date.now() - startedAt) / 1_000) };
  } finally {
    await server.kill('SIGKILL');
    await closeDatabase(db);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

type RestartableServer = { url: string; kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>; start: () => Promise<void> };

/** The real server, started again after a kill on the same port and data. */
async function restartableServer(dataDir: string, variables: Record<string, string>): Promise<RestartableServer> {
  const settings = { ...variables, NODE_ENV: 'test', PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
  let running: ServerProcess = await startServer(dataDir, settings);
  return {
    url: running.apiUrl,
    kill: async (signal) => void (await running.stop(signal)),
    async start() {
      running = await startServer(dataDir, settings);
    },
  };
}

type State = { sent: number; attempts: number; killed: number };

async function sendAll(url: string, queue: Delivery[], state: State): Promise<void> {
  for (let delivery = queue.pop(); delivery; delivery = queue.pop()) {
    for (;;) {
      state.attempts += 1;
      if (await send(url, delivery)) break;
      await sleep(100);
    }
    state.sent += 1;
  }
}

async function send(url: string, delivery: Delivery): Promise<boolean> {
  const headers = { ...signedHeaders(delivery), 'X-Forwarded-For': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}` };
  try {
    const response = await fetch(`${url}/webhooks/${delivery.provider}`, { method: 'POST', headers, body: delivery.body, signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    if (response.status >= 400 && response.status < 500) throw new RangeError(`${delivery.provider} ${delivery.topic} was answered ${response.status}`);
    return response.ok;
  } catch (error) {
    // A connection that breaks is a delivery that is sent again; an answer that refuses it is a mistake here.
    if (error instanceof RangeError) throw error;
    return false;
  }
}

async function killWhileSending(server: RestartableServer, state: State, total: number, kills: number, say: ChaosOptions['say']): Promise<void> {
  for (let kill = 1; kill <= kills; kill += 1) {
    const threshold = Math.round((total * (kill - Math.random())) / (kills + 0.5));
    while (state.sent < threshold) await sleep(5);
    await killAndRestart(server, state, say);
  }
}

async function killWhileDraining(server: RestartableServer, db: Db, state: State, kills: number, say: ChaosOptions['say']): Promise<void> {
  while (state.killed < kills) {
    await sleep(randomInt(50, 1_200));
    if ((await openJobs(db)) === 0) say('the queue is empty already; killing all the same');
    await killAndRestart(server, state, say);
  }
}

async function killAndRestart(server: RestartableServer, state: State, say: ChaosOptions['say']): Promise<void> {
  await server.kill('SIGKILL');
  state.killed += 1;
  say(`kill -9 number ${state.killed} after ${state.sent} answered deliveries`);
  await server.start();
}

async function drained(db: Db): Promise<void> {
  for (const deadline = Date.now() + drainTimeoutMs; Date.now() < deadline; await sleep(250)) if ((await openJobs(db)) === 0) return;
  throw new Error('the queue did not become empty');
}

async function openJobs(db: Db): Promise<number> {
  const { count } = await db.selectFrom('jobs').select((eb) => eb.fn.countAll<number>().as('count')).where('status', '!=', 'dead').where('kind', 'in', ['apply-delivery', 'send-email', 'write-back-order']).executeTakeFirstOrThrow();
  return count;
}

function shuffled<Item>(items: Item[]): Item[] {
  return items.map((item) => ({ item, rank: Math.random() })).sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { deliveries: { type: 'string', default: '2000' }, duplicates: { type: 'string', default: '0.3' }, kills: { type: 'string', default: '10' }, 'database-url': { type: 'string' } },
  });
  const schema = values['database-url'] === undefined ? undefined : await createScratchDatabase(values['database-url'], 'chaos');
  try {
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    const result = await runChaos({ deliveries: Number(values.deliveries), duplicates: Number(values.duplicates), kills: Number(values.kills), databaseUrl: schema?.url, say });
    say(JSON.stringify(result, null, 2));
    const bad = result.lost.length + result.double.length + result.activeAfterRefund.length + result.wrongExpiry.length + result.wrongPlan.length + result.mailProblems.length + result.deadJobs.length + result.unfinished;
    say(bad === 0 ? 'Nothing lost, nothing double.' : `${bad} things are wrong.`);
    process.exitCode = bad === 0 ? 0 : 1;
  } finally {
    await schema?.drop();
  }
}
