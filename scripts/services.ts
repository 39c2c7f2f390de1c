import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';

const directory = path.resolve(import.meta.dirname, '../.services');
const stateFile = path.join(directory, 'state.json');
const startTimeoutMs = 60_000;

export type Services = { mariadbUrl: string; redisUrl: string };
type State = Services & { pids: { mariadb: number; redis: number } };

/** Starts a private MariaDB and Redis on free loopback ports, or returns those that run already. Their data lives in `.services/`. */
export async function startServices(): Promise<Services> {
  const state = readState();
  if (state && servicesRun()) return state;
  if (state) await stopServices();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const mariadb = await startMariadb();
  const redis = await startRedis();
  const started: State = { mariadbUrl: mariadb.url, redisUrl: redis.url, pids: { mariadb: mariadb.pid, redis: redis.pid } };
  writeFileSync(stateFile, JSON.stringify(started, null, 2), { mode: 0o600 });
  return started;
}

/** Whether both services run. */
export function servicesRun(): boolean {
  const state = readState();
  return state !== undefined && isAlive(state.pids.mariadb) && isAlive(state.pids.redis);
}

/** Ends the services that startServices started, by their pids, and deletes their data. */
export async function stopServices(): Promise<boolean> {
  const state = readState();
  if (!state) return false;
  for (const pid of Object.values(state.pids)) {
    if (isAlive(pid)) process.kill(pid, 'SIGTERM');
    for (let waited = 0; isAlive(pid) && waited < 15_000; waited += 100) await sleep(100);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  rmSync(directory, { recursive: true, force: true });
  return true;
}

function readState(): State | undefined {
  return existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as State) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

// What it holds may be lost, so nothing waits for the disk, and a table is no file of its own: each test file makes all of them.
const careless = ['--innodb-flush-log-at-trx-commit=2', '--innodb-doublewrite=0', '--innodb-file-per-table=0', '--sync-frm=0', '--innodb-stats-persistent=0'];

async function startMariadb(): Promise<{ url: string; pid: number }> {
  const data = path.join(directory, 'mariadb');
  const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const common = [`--datadir=${data}`, `--user=${user}`, '--skip-name-resolve'];
  if (!existsSync(path.join(data, 'mysql'))) run('mariadb-install-db', ['--no-defaults', ...common, '--auth-root-authentication-method=normal', '--skip-test-db']);
  const password = randomBytes(18).toString('base64url');
  const initFile = path.join(directory, 'init.sql');
  writeFileSync(initFile, `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';\nCREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n`, { mode: 0o600 });
  const port = await freePort();
  const pid = launch('mariadb', 'mariadbd', ['--no-defaults', ...common, '--bind-address=127.0.0.1', `--port=${port}`, `--socket=${path.join(directory, 'mariadb.sock')}`, `--pid-file=${path.join(directory, 'mariadb.pid')}`, `--init-file=${initFile}`, '--max-connections=400', '--innodb-buffer-pool-size=512M', ...careless, '--character-set-server=utf8mb4']);
  const url = `mysql://root:${password}@127.0.0.1:${port}`;
  await until('MariaDB', pid, async () => {
    const connection = await mysql.createConnection(url);
    await connection.query('CREATE DATABASE IF NOT EXISTS chatello');
    await connection.end();
  });
  rmSync(initFile);
  return { url: `${url}/chatello`, pid };
}

async function startRedis(): Promise<{ url: string; pid: number }> {
  const port = await freePort();
  const pid = launch('redis', 'redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', directory]);
  await until('Redis', pid, () => connects(port));
  return { url: `redis://127.0.0.1:${port}`, pid };
}

function launch(name: string, command: string, args: string[]): number {
  const log = openSync(path.join(directory, `${name}.log`), 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  child.on('error', (error) => process.stderr.write(`${command}: ${error.message}\n`));
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} could not be started; on Debian: apt-get install mariadb-server redis-server`);
  return child.pid;
}

function run(command: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}; on Debian: apt-get install mariadb-server`);
}

async function until(name: string, pid: number, attempt: () => Promise<void>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!isAlive(pid)) throw new Error(`${name} ended while starting; see ${directory}`, { cause: error });
      if (waitedMs > startTimeoutMs) throw new Error(`${name} did not answer within a minute; see ${directory}`, { cause: error });
      await sleep(100);
    }
  }
}

/**
 * A loopback port that nobody listens on at this moment. It lies below the range from which the system takes ports for outgoing
 * connections, so that none of those is on it when a server wants it a little later, or again after a restart.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.end();
      resolve();
    });
    socket.once('error', reject);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'stop') {
    process.stdout.write((await stopServices()) ? 'MariaDB and Redis stopped.\n' : 'Nothing was running.\n');
  } else {
    const { mariadbUrl, redisUrl } = await startServices();
    process.stdout.write(`DATABASE_URL=${mariadbUrl}\nREDIS_URL=${redisUrl}\n\nTo run on this MariaDB:  DATABASE_URL='${mariadbUrl}' npm start\nTo end both:             npm run services:stop\n`);
  }
}
