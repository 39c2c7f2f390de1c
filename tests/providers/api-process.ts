import { fork, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createApi } from '../../server/api.ts';
import { parseConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { loadSecrets } from '../../server/local-secrets.ts';
import { openVault } from '../../server/vault.ts';
import type { TestApp } from '../harness.ts';

export type ApiProcess = { url: string; child: ChildProcess; stop: () => Promise<void> };

/** A further process that serves the public API on the database of `app`; its clock stands still at the time that `app` has now. */
export async function startApiProcess({ deps }: TestApp, variables: Record<string, string> = {}): Promise<ApiProcess> {
  const { DATA_DIR, DATABASE_URL } = deps.config;
  const child = fork(fileURLToPath(import.meta.url), [], { env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NODE_ENV: 'test', DATA_DIR, ...(DATABASE_URL === undefined ? {} : { DATABASE_URL }), TEST_NOW: String(deps.now()), ...variables } });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it listened`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

async function serve(): Promise<void> {
  const config = parseConfig(process.env);
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, config.dataDir);
  const now = () => Number(process.env['TEST_NOW']);
  const deps: Deps = { config, secrets, db, vault: await openVault(db, secrets.encryptionKeys, now()), log: pino({ level: 'silent' }), now };
  const server = createServer(createApi(deps));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.once('disconnect', () => process.exit());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve();
