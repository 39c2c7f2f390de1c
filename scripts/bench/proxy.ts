import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import type { Engine } from '../../server/db/database.ts';
import { medianOf } from './bench-run.ts';
import { startChatello, startPortkey, startScript, type Proxy } from './proxy-servers.ts';

/**
 * `npm run bench:proxy`: the AI proxy with everything on, against a bare pass-through and Portkey's gateway, all in front of the same instant
 * upstream and in the same run: as one process, as it comes, and as several (PROCESSES). The proxies take turns, so that a slow moment of the machine meets each of them; figures are those of the median round.
 */
const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    licenses: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '1,10,100' },
    processes: { type: 'string', default: '2' },
    kinds: { type: 'string', default: 'json,stream' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    streams: { type: 'string', default: '2000' },
    'soak-seconds': { type: 'string', default: '600' },
  },
});

type Percentiles = { p50Ms: number; p99Ms: number };
type Figures = { perSecond: number; total: Percentiles; firstByte: Percentiles; failed: number; cpuUs: number };

const kilobyte = 1_024;
const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-bench-'));
const upstream = await startScript('upstream', 'proxy-upstream.ts');
const environment = { PATH: process.env['PATH'], BENCH_UPSTREAM: `${upstream.url}/v1` };
const proxies: Proxy[] = [];
try {
  const bare = await startScript('bare', 'bare-proxy.ts', { BENCH_UPSTREAM: upstream.url });
  proxies.push(bare);
  const chatello = await startChatello(options.engine as Engine, Number(options.licenses), upstream.url, path.join(dataDir, 'one'));
  proxies.push(chatello);
  const processes = Number(options.processes);
  if (processes > 1) proxies.push(await startChatello(options.engine as Engine, Number(options.licenses), upstream.url, path.join(dataDir, 'several'), processes));
  const portkey = await startPortkey();
  if (portkey) proxies.push(portkey);
  for (const kind of options.kinds.split(',')) for (const connections of options.connections.split(',')) await compare(kind, connections);
  if (Number(options.streams) > 0) for (const proxy of [bare, chatello]) await holdStreams(proxy, options.streams);
  if (Number(options['soak-seconds']) > 0) await soak(chatello, Number(options['soak-seconds']));
} finally {
  for (const proxy of [...proxies, upstream]) await proxy.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function compare(kind: string, connections: string): Promise<void> {
  process.stdout.write(`\n${kind}, ${connections} connection${connections === '1' ? '' : 's'}\n`);
  const able: Proxy[] = [];
  for (const proxy of proxies) if (await canAnswer(proxy, kind, connections)) able.push(proxy);
  const rounds = new Map<Proxy, Figures[]>(able.map((proxy) => [proxy, []]));
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const proxy of able) rounds.get(proxy)?.push(await measure(proxy, kind, connections, options.seconds));
  }
  const medians = able.map((proxy) => ({ proxy, figures: medianOf(rounds.get(proxy) ?? []) }));
  const [base] = medians;
  for (const { proxy, figures } of medians) {
    const added = (pick: (of: Figures) => number) => `${(pick(figures) - pick(base?.figures ?? figures)).toFixed(2)} ms`;
    process.stdout.write(
      `  ${proxy.name.padEnd(11)} ${Math.round(figures.perSecond).toLocaleString('en').padStart(7)} requests/s (${(figures.perSecond / (base?.figures.perSecond ?? 1)).toFixed(2)} of bare)` +
        `   p50 ${figures.total.p50Ms.toFixed(2)} ms (+${added((of) => of.total.p50Ms)})   p99 ${figures.total.p99Ms.toFixed(2)} ms (+${added((of) => of.total.p99Ms)})   first byte +${added((of) => of.firstByte.p50Ms)}   CPU ${figures.cpuUs.toFixed(0)} µs\n`,
    );
  }
  const theirs = medians.find(({ proxy }) => proxy.name === 'Portkey')?.figures.perSecond;
  if (theirs === undefined) return;
  for (const { proxy, figures } of medians.filter(({ proxy: { name } }) => name.startsWith('Chatello'))) process.stdout.write(`  ${proxy.name} is ${(figures.perSecond / theirs).toFixed(2)} x Portkey (aim: at least 3)\n`);
}

/** Warms a proxy up. One of others that cannot do it is left out: Portkey 1.15.2 answers every stream of an OpenAI upstream with 500 on the Node versions that were tried (20 and 24). */
async function canAnswer(proxy: Proxy, kind: string, connections: string): Promise<boolean> {
  try {
    await measure(proxy, kind, connections, '1');
    return true;
  } catch (error) {
    if (proxy.name !== 'Portkey') throw error;
    process.stdout.write(`  ${(error as Error).message}; it is left out\n`);
    return false;
  }
}

async function measure(proxy: Proxy, kind: string, connections: string, seconds: string): Promise<Figures> {
  const cpuBefore = cpuMs(proxy);
  const { stdout } = await promisify(execFile)('node', ['scripts/bench/proxy-load.ts', 'measure', proxy.url, kind, connections, seconds, options.licenses], { env: environment });
  const figures = JSON.parse(stdout) as Omit<Figures, 'cpuUs'> & { requests: number };
  if (figures.failed > 0) throw new Error(`${proxy.name}: ${figures.failed} requests failed`);
  return { ...figures, cpuUs: (1000 * (cpuMs(proxy) - cpuBefore)) / figures.requests };
}

/** Processor time that a proxy has used so far: unlike the clock it does not depend on what else runs on the machine. Linux counts it in hundredths of a second. */
function cpuMs(proxy: Proxy): number {
  return sumOverProcesses(proxy, (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return 10 * (Number(fields[11]) + Number(fields[12]));
  });
}

/** A figure of the process and of those that it has started. */
function sumOverProcesses({ child }: Proxy, figureOf: (pid: string) => number): number {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').filter((pid) => pid !== '');
  return [String(child.pid), ...children].reduce((sum, pid) => sum + figureOf(pid), 0);
}

/** Memory of a proxy with so many streams open, against that of the same proxy at rest just before. */
async function holdStreams(proxy: Proxy, count: string): Promise<void> {
  await measure(proxy, 'stream', '10', '2');
  await sleep(3_000);
  const before = residentBytes(proxy);
  const load = spawn('node', ['scripts/bench/proxy-load.ts', 'hold', proxy.url, 'stream', count, '0', options.licenses], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => load.stdout.once('data', resolve));
  await sleep(3_000);
  const grown = residentBytes(proxy) - before;
  process.stdout.write(`\n${proxy.name}: ${count} open streams take ${(grown / kilobyte / Number(count)).toFixed(1)} kB each (${(grown / kilobyte ** 2).toFixed(0)} MB; at rest ${(before / kilobyte ** 2).toFixed(0)} MB; aim: under 100 kB each)\n`);
  load.kill('SIGTERM');
  await sleep(2_000);
}

/** Memory over a long steady load: flat when the last third needs no more than the middle one. The file of the database, which grows and is mapped, is no memory of the process. */
async function soak(proxy: Proxy, seconds: number): Promise<void> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(residentBytes(proxy, 'RssAnon')), 5_000);
  const { perSecond, total } = await measure(proxy, 'stream', '10', String(seconds));
  clearInterval(timer);
  const third = Math.floor(samples.length / 3);
  const megabytes = (part: number[]) => `${((part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0) / kilobyte ** 2).toFixed(0)} MB`;
  process.stdout.write(`\n${proxy.name}: ${seconds} s of streams on 10 connections, ${Math.round(perSecond)} requests/s, p99 ${total.p99Ms.toFixed(1)} ms; memory ${megabytes(samples.slice(0, third))}, ${megabytes(samples.slice(third, 2 * third))}, ${megabytes(samples.slice(2 * third))} in the three thirds\n`);
}

function residentBytes(proxy: Proxy, kind: 'VmRSS' | 'RssAnon' = 'VmRSS'): number {
  return sumOverProcesses(proxy, (pid) => Number(new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * kilobyte);
}
