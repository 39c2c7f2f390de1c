import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { Express } from 'express';
import { createFirstAdmin } from './users/create-admin.ts';
import { createAdmin } from './admin.ts';
import { chatsSettled } from './ai/running-chats.ts';
import { createApi } from './api.ts';
import { ConfigError, loadConfig, type Config } from './config.ts';
import { closeDatabase, databaseHandles, openDatabase } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { startWriteBack } from './db/write-back.ts';
import type { Deps } from './deps.ts';
import { errorText } from './errors.ts';
import { jobList } from './jobs/job-list.ts';
import { startWorker } from './jobs/worker.ts';
import { loadSecrets } from './local-secrets.ts';
import { createLog } from './log.ts';
import { isFirstProcess, isSupervisor, superviseProcesses } from './processes.ts';
import { seed } from './seed.ts';
import { startProblem } from './start-problem.ts';
import { openVault } from './vault.ts';
import { welcomeText } from './welcome.ts';

// Otherwise each scavenge keeps the requests of the one before (docs/decisions/0141).
setFlagsFromString('--no-allocation-site-pretenuring');

const drainTimeoutMs = 25_000;
/** A file of 200 MB through an SSH tunnel; the dashboard is not for strangers. */
const uploadTimeoutMs = 15 * 60_000;

/** config -> database -> migrations -> api, admin, worker. Resolves when everything answers; `stop` ends it gracefully. */
async function start(config: Config): Promise<{ stop: () => Promise<void> }> {
  const now = Date.now;
  const log = createLog(config.NODE_ENV === 'test' ? 'warn' : 'info');
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, config.dataDir);
  await migrate(db, now());
  const vault = await openVault(db, secrets.encryptionKeys, now());
  const deps: Deps = { config, secrets, db, vault, log, now };
  await seed(deps);
  const api = await listen(createApi(deps), config.PORT, config.HOST ?? (config.NODE_ENV === 'production' ? undefined : '127.0.0.1'));
  const admin = await listen(createAdmin(deps), config.ADMIN_PORT, '127.0.0.1', uploadTimeoutMs);
  // Only now, since its password is shown once: a start that finds a port taken must not have made it.
  const firstAdmin = isFirstProcess() ? await createFirstAdmin(db, now()) : undefined;
  const worker = startWorker(deps, jobList);
  const writeBack = isFirstProcess() ? startWriteBack(db, log) : undefined;
  if (isFirstProcess()) process.stdout.write(welcomeText({ config, secrets, engine: databaseHandles(db).engine, port: portOf(api), adminPort: portOf(admin), firstAdmin }));
  return {
    async stop() {
      await Promise.all([closeServer(api), closeServer(admin)]);
      await chatsSettled(db);
      await worker.stop();
      await writeBack?.stop();
      await closeDatabase(db);
      log.flush();
    },
  };
}

/** A server with the time limits of ARCHITECTURE's security numbers: slow or endless requests are cut, also between two of them. */
function listen(app: Express, port: number, host: string | undefined, requestTimeout = 30_000): Promise<Server> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout, connectionsCheckingInterval: 1_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, app);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Takes no new connection and lets running requests end; after the drain time cuts what is left. */
async function closeServer(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  // A kept-alive connection becomes idle only after its running answer, which close() does not look at again.
  const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearInterval(closeIdle);
  clearTimeout(cut);
}

/** Ends the process on the first SIGTERM or SIGINT: gracefully, also when it comes while the server is still starting. */
function stopOnSignal(starting: Promise<{ stop: () => Promise<void> }>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      starting
        .then((running) => running.stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            process.stderr.write(`${errorText(error)}\n`);
            process.exit(1);
          },
        );
    });
  }
}

try {
  const config = loadConfig();
  const starting = isSupervisor(config.PROCESSES) ? superviseProcesses(config.PROCESSES, (detail) => process.stderr.write(`${detail}\n`)) : start(config);
  stopOnSignal(starting);
  await starting;
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : `Chatello could not start. ${startProblem(error)}`}\n`);
  process.exit(1);
}
