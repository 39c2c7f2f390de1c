import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closeDatabase, openDatabase, type Db } from '../server/db/database.ts';
import { newId } from '../server/ids.ts';
import { developmentKey } from '../server/licenses/seed-development-license.ts';
import { faults, startBrokenUpstream, wholeStreams, type BrokenUpstream } from './chaos/broken-upstream.ts';
import { askForStream, manners, type Outcome, type Question } from './chaos/stream-clients.ts';
import { verifyLedger, type LedgerFindings } from './chaos/verify-ledger.ts';
import { createScratchDatabase } from './support/scratch-database.ts';
import { startServer } from './support/server-process.ts';

export type StreamChaosOptions = { streams: number; atOnce: number; databaseUrl: string | undefined; say: (line: string) => void };
export type StreamChaosResult = LedgerFindings & {
  streams: number;
  /** Requests that have reached the provider. */
  asked: number;
  /** How the streams ended for their clients. */
  outcomes: Record<string, number>;
  hung: string[];
  /** Streams that ended otherwise than their fault demands: a false end above all. */
  wrong: string[];
  /** Requests that the circuit breaker refused, of the 12 to a provider that is always broken. */
  refused: number;
  /** Between a client's leaving and the end of the call to the provider. */
  slowestAbortMs: number;
  openSockets: number;
  seconds: number;
};

const limits = { AI_FIRST_BYTE_TIMEOUT_MS: '2000', AI_IDLE_TIMEOUT_MS: '2000', AI_MAX_DURATION_MS: '5000' };
/** Far beyond every limit, on a busy machine too. */
const hangMs = 60_000;
const settleMs = 30_000;
/** Fewer than open the circuit of a provider. */
const streamsPerProvider = 4;
const endpoints = ['chat.completions', 'messages', 'chat'] as const;
const kinds = ['openai-compatible', 'anthropic'] as const;

/**
 * Asks a real server, with short limits, for streams that are broken in every way, by clients of every manner, in both protocols and
 * between them; then counts what hangs, what ended falsely, what is not settled and what is still open. `databaseUrl` is an empty
 * database; without one a new SQLite file is used.
 */
export async function runStreamChaos({ streams, atOnce, databaseUrl, say }: StreamChaosOptions): Promise<StreamChaosResult> {
  const startedAt = Date.now();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-streams-'));
  const upstream = await startBrokenUpstream();
  const server = await startServer(dataDir, { ...limits, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }), TRUST_PROXY: '1' });
  const db = openDatabase(databaseUrl, dataDir);
  try {
    const questions = questionsOf(streams);
    await setUpProviders(db, upstream.url, [...new Set(questions.map(({ provider }) => provider)), 'openai-compatible-down']);
    await db.updateTable('plans').set({ monthly_requests: 1_000_000, hourly_requests: 1_000_000 }).execute();
    const outcomes = await askAll(server.apiUrl, questions, atOnce, say);
    const refused = await askBroken(server.apiUrl, streams);
    const { license_id: licenseId } = await db.selectFrom('usage_records').select('license_id').executeTakeFirstOrThrow();
    const ledger = await verifyLedger(db, licenseId, settleMs);
    await noSockets(upstream);
    const tally: Record<string, number> = {};
    for (const { how } of outcomes) tally[how] = (tally[how] ?? 0) + 1;
    const told = questions.map((question, index) => ({ question, outcome: outcomes[index] as Outcome }));
    return {
      ...ledger, streams, asked: upstream.closedAt.size, outcomes: tally, refused,
      hung: told.filter(({ outcome }) => outcome.how === 'hung').map(({ question }) => nameOf(question)),
      wrong: told.filter(({ question, outcome }) => !isRight(question, outcome)).map(({ question, outcome }) => `${nameOf(question)}: ${outcome.how} (${outcome.status})`),
      slowestAbortMs: Math.max(0, ...told.map(({ question: { number }, outcome: { leftAt } }) => (leftAt === undefined ? 0 : (upstream.closedAt.get(number) ?? 0) - leftAt))),
      openSockets: upstream.openSockets(),
      seconds: Math.round((Date.now() - startedAt) / 1_000),
    };
  } finally {
    await server.stop('SIGTERM');
    await closeDatabase(db);
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Every fault with every manner, at every endpoint, of both kinds of provider, again and again. */
function questionsOf(count: number): Question[] {
  const names = Object.keys(faults);
  return Array.from({ length: count }, (_, number) => {
    const turn = Math.floor(number / names.length);
    const fault = number % names.length;
    const kind = kinds[turn % kinds.length] ?? kinds[0];
    return {
      number,
      fault: names[fault] as string,
      endpoint: endpoints[(fault + Math.floor(turn / kinds.length)) % endpoints.length] ?? endpoints[0],
      provider: `${kind}-${fault}-${Math.floor(turn / kinds.length / streamsPerProvider)}`,
      // Half of them stay, so that every fault is seen to its end.
      manner: (number + turn) % 2 === 0 ? 'stays' : (manners[(fault + turn) % manners.length] ?? 'stays'),
    };
  });
}

/** Providers without keys: their models need no price. */
async function setUpProviders(db: Db, url: string, names: string[]): Promise<void> {
  const now = Date.now();
  const rows = names.map((name, position) => ({
    id: newId(), name, title: name, kind: kinds.find((kind) => name.startsWith(kind)) ?? kinds[0], base_url: url, key_cipher: null, key_id: null, key_hint: null,
    default_model: null, is_enabled: 1, position, created_at: now, updated_at: now,
  }));
  for (let start = 0; start < rows.length; start += 50) await db.insertInto('ai_providers').values(rows.slice(start, start + 50)).execute();
}

async function askAll(url: string, questions: Question[], atOnce: number, say: StreamChaosOptions['say']): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  let ended = 0;
  const worker = async () => {
    for (let index = next++; index < questions.length; index = next++) {
      outcomes[index] = await askForStream(url, developmentKey, questions[index] as Question, hangMs);
      ended += 1;
      if (ended % 100 === 0) say(`${ended} of ${questions.length} streams have ended`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

/** One after another, so that it is known which of them the circuit breaker has to refuse. */
async function askBroken(url: string, from: number): Promise<number> {
  let refused = 0;
  for (let number = from; number < from + 12; number += 1) {
    const { how } = await askForStream(url, developmentKey, { number, endpoint: 'chat.completions', provider: 'openai-compatible-down', fault: 'status 500', manner: 'stays' }, hangMs);
    if (how === 'refused') refused += 1;
  }
  return refused;
}

/** Connections that nobody uses are closed after some seconds. */
async function noSockets(upstream: BrokenUpstream): Promise<void> {
  for (const deadline = Date.now() + settleMs; Date.now() < deadline && upstream.openSockets() > 0; ) await sleep(100);
}

function isRight({ fault, manner }: Question, { how, status = 0 }: Outcome): boolean {
  if (how === 'hung' || (status >= 400 && status < 500)) return false;
  if (how === 'left') return manner.startsWith('leaves');
  // The server gives up a client that does not read, which then finds its connection closed.
  if (how === 'cut') return manner === 'stops reading';
  return how === (wholeStreams.has(fault) ? 'ended' : 'failed');
}

function nameOf({ number, endpoint, provider, fault, manner }: Question): string {
  return `stream ${number} (${endpoint} of ${provider}, ${fault}; the client ${manner})`;
}

/** What is not as it must be. */
export function problemsOf({ hung, wrong, unsettled, differences, openSockets, refused, rows, asked }: StreamChaosResult): string[] {
  return [
    ...hung.map((name) => `hangs: ${name}`), ...wrong.map((name) => `ended otherwise than it must: ${name}`), ...differences,
    ...(unsettled > 0 ? [`${unsettled} requests are not settled`] : []),
    ...(openSockets > 0 ? [`${openSockets} connections to providers are still open`] : []),
    ...(refused === 7 ? [] : [`${refused} instead of 7 requests to a provider that is down were refused`]),
    ...(rows < asked ? [`${asked} requests reached a provider, ${rows} are in the ledger`] : []),
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' }, 'at-once': { type: 'string', default: '50' }, 'database-url': { type: 'string' } } });
  const schema = values['database-url'] === undefined ? undefined : await createScratchDatabase(values['database-url'], 'streams');
  try {
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    const result = await runStreamChaos({ streams: Number(values.streams), atOnce: Number(values['at-once']), databaseUrl: schema?.url, say });
    say(JSON.stringify(result, null, 2));
    const problems = problemsOf(result);
    say(problems.length === 0 ? 'Every stream ended as it must, everything is settled, nothing is left open.' : problems.join('\n'));
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await schema?.drop();
  }
}
