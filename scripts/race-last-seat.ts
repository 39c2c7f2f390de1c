import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { parseConfig } from '../server/config.ts';
import { closeDatabase, openDatabase, transact, type Db } from '../server/db/database.ts';
import { migrate } from '../server/db/migrate.ts';
import { errorText } from '../server/errors.ts';
import { newId } from '../server/ids.ts';
import { activateSite } from '../server/licenses/activate-site.ts';
import { grantLicense } from '../server/licenses/grant-license.ts';
import { normalizeSite } from '../server/licenses/site.rules.ts';
import { validateDevice, validateLicense } from '../server/licenses/validate-license.ts';
import { loadSecrets } from '../server/local-secrets.ts';
import { seed } from '../server/seed.ts';
import { openVault, type Vault } from '../server/vault.ts';
import { createScratchDatabase } from './support/scratch-database.ts';

export type RaceOptions = { rounds: number; parallel: number; processes: number; dataDir: string; databaseUrl: string | undefined };
export type RaceFigures = { rounds: number; activations: number; tooMany: number; tooFew: number; errors: string[] };
/** `racers`: every other one is a device, the others are sites. */
type Round = { key: string; racers: string[]; startAt: number };
type Answer = { codes: string[]; errors: string[] };

const self = fileURLToPath(import.meta.url);
const by = { actor: 'race' };
const takenSites = 2;
/** Long enough for every process to have its round before it starts. */
const headStartMs = 25;

/**
 * `rounds` times: one licence with one free slot, and `parallel` different sites and devices that ask for it at the same moment from several
 * processes. `tooMany` and `tooFew` count rounds in which more or fewer than one of them got in, by the answers or by the table.
 */
export async function raceForLastSeat({ rounds, parallel, processes, dataDir, databaseUrl }: RaceOptions): Promise<RaceFigures> {
  const { db, vault } = await openServer(dataDir, databaseUrl);
  const children = await Promise.all(Array.from({ length: processes }, () => startChild(dataDir, databaseUrl)));
  const figures: RaceFigures = { rounds, activations: 0, tooMany: 0, tooFew: 0, errors: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const { id, key } = await licenseWithOneFreeSlot(db, vault, round);
      const racers = Array.from({ length: parallel }, (_, index) => (index % 2 === 0 ? `racer-${index}.example.org` : `racer-${index}`));
      const startAt = Date.now() + headStartMs;
      const answers = await Promise.all(children.map((child, index) => ask(child, { key, racers: racers.filter((_, position) => Math.floor(position / 2) % processes === index), startAt })));
      const winners = answers.flatMap(({ codes }) => codes).filter((code) => code === 'VALID').length;
      const held = (await db.selectFrom('activations').select('id').where('license_id', '=', id).where((eb) => eb.or([eb('site', 'like', 'racer-%'), eb('fingerprint', 'like', 'racer-%')])).execute()).length;
      figures.activations += parallel;
      figures.errors.push(...answers.flatMap(({ errors }) => errors));
      if (winners > 1 || held > 1) figures.tooMany += 1;
      if (winners < 1 || held < 1) figures.tooFew += 1;
    }
  } finally {
    await Promise.all(children.map(stopChild));
    await closeDatabase(db);
  }
  return figures;
}

async function openServer(dataDir: string, databaseUrl: string | undefined): Promise<{ db: Db; vault: Vault }> {
  const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, DATABASE_URL: databaseUrl });
  const db = openDatabase(config.DATABASE_URL, config.dataDir);
  await migrate(db, Date.now());
  const vault = await openVault(db, loadSecrets(config).encryptionKeys, Date.now());
  await seed({ config, db, vault, now: Date.now });
  return { db, vault };
}

async function licenseWithOneFreeSlot(db: Db, vault: Vault, round: number): Promise<{ id: string; key: string }> {
  const now = Date.now();
  const input = { customer: { email: `race-${round}-${newId()}@example.com` }, plan: 'pro', months: 1, maxSites: takenSites + 1 };
  const { license, key } = await transact(db, (trx) => grantLicense(trx, vault, input, by, now));
  for (let site = 0; site < takenSites; site += 1) await activateSite(db, { licenseId: license.id, site: `taken-${site}.example.org`, kind: 'production', limit: takenSites + 1 }, by, now);
  return { id: license.id, key };
}

async function startChild(dataDir: string, databaseUrl: string | undefined): Promise<ChildProcess> {
  const child = fork(self, [dataDir, databaseUrl ?? ''], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await nextMessage(child);
  return child;
}

async function ask(child: ChildProcess, round: Round): Promise<Answer> {
  const answer = nextMessage(child);
  child.send(round);
  return (await answer) as Answer;
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a racing process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

/** A racing process: lets its racers of each round ask at the agreed moment. Ends when the parent lets go. */
async function race(send: (message: unknown) => void, dataDir: string, databaseUrl: string | undefined): Promise<void> {
  const { db, vault } = await openServer(dataDir, databaseUrl);
  process.on('disconnect', () => void closeDatabase(db));
  process.on('message', ({ key, racers, startAt }: Round) => {
    const answer: Answer = { codes: [], errors: [] };
    const activate = async (racer: string) => {
      const site = racer.includes('.') ? normalizeSite(racer) : undefined;
      await (site ? validateLicense(db, vault, { key, site }, by, Date.now()) : validateDevice(db, vault, { key, device: { fingerprint: racer } }, by, Date.now())).then(
        ({ verdict }) => answer.codes.push(verdict.code),
        (error: unknown) => answer.errors.push(errorText(error)),
      );
    };
    void sleep(Math.max(0, startAt - Date.now())).then(() => Promise.all(racers.map(activate))).then(() => send(answer));
  });
  send('ready');
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1 on');
  return value;
}

async function main(): Promise<void> {
  const program = new Command('race-last-seat')
    .description('Lets many sites and devices race for the last slot of a licence, from several processes, and counts who got in.')
    .option('--rounds <number>', 'licences with one free slot', count, 200)
    .option('--parallel <number>', 'sites and devices that ask at once', count, 50)
    .option('--processes <number>', 'processes that they are spread over', count, 4)
    .option('--database-url <url>', 'a MariaDB server; a database is made there and dropped afterwards (default: an embedded one)')
    .parse();
  const { rounds, parallel, processes, databaseUrl } = program.opts<{ rounds: number; parallel: number; processes: number; databaseUrl?: string }>();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-race-'));
  const scratch = databaseUrl === undefined ? undefined : await createScratchDatabase(databaseUrl, 'race');
  try {
    const startedAt = performance.now();
    const { errors, ...figures } = await raceForLastSeat({ rounds, parallel, processes, dataDir, databaseUrl: scratch?.url });
    const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1));
    process.stdout.write(`${JSON.stringify({ database: databaseUrl ? 'mariadb' : 'sqlite', processes, ...figures, errors: errors.length, seconds })}\n`);
    for (const error of new Set(errors)) process.stdout.write(`error: ${error}\n`);
    process.exitCode = figures.tooMany + figures.tooFew + errors.length > 0 ? 1 : 0;
  } finally {
    await scratch?.drop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === self) {
  const send = process.send?.bind(process);
  const [, , dataDir = '', databaseUrl = ''] = process.argv;
  await (send ? race(send, dataDir, databaseUrl === '' ? undefined : databaseUrl) : main());
}
