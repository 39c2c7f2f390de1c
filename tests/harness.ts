import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { Agent, createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Express } from 'express';
import pino from 'pino';
import supertest from 'supertest';
import { addPriceVersion } from '../server/ai/catalog/add-price-version.ts';
import { apiRoutes, createApi } from '../server/api.ts';
import { parseConfig } from '../server/config.ts';
import { closeDatabase, databaseHandles, openDatabase, type Engine } from '../server/db/database.ts';
import { migrate } from '../server/db/migrate.ts';
import type { Deps } from '../server/deps.ts';
import { documentedErrors } from '../server/http/documented-errors.ts';
import { openApiDocument } from '../server/http/openapi.ts';
import type { Route } from '../server/http/route.ts';
import { loadSecrets } from '../server/local-secrets.ts';
import { seed } from '../server/seed.ts';
import { openVault } from '../server/vault.ts';
import { startServices } from '../scripts/services.ts';
import { createScratchDatabase } from '../scripts/support/scratch-database.ts';
import { copySchema } from './copied-schema.ts';

/** Runs a suite once on each database. */
export function onBothDatabases(title: string, suite: (engine: Engine) => void): void {
  for (const engine of ['sqlite', 'mariadb'] as const) describe(`${title} [${engine}]`, () => suite(engine));
}

export type TestDatabase = { url: string | undefined; dataDir: string; drop: () => Promise<void> };

/** In memory where there is room: what a test writes has to outlive the end of a process, not of the machine, and syncing a disk is most of what a commit costs. */
function scratchFolder(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * 1024 ** 3 ? memory : tmpdir();
}

/** An empty database of its own: a file in a new folder, or a new schema on the private MariaDB. */
export async function createTestDatabase(engine: Engine): Promise<TestDatabase> {
  const dataDir = mkdtempSync(path.join(scratchFolder(), 'chatello-test-'));
  if (engine === 'sqlite') return { url: undefined, dataDir, drop: async () => rmSync(dataDir, { recursive: true, force: true }) };
  const { url, drop } = await createScratchDatabase(process.env['TEST_MARIADB_URL'] ?? (await startServices()).mariadbUrl, 'test');
  return {
    url,
    dataDir,
    async drop() {
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Every model of every provider costs the same: in dollars per million tokens 1 for input, 0.1 cached, 1.25 written to the cache, 4 for output. */
const testPrices = ['openai', 'anthropic', 'deepseek', 'openai-compatible'].map((provider) => ({
  provider, model: '*', serviceTier: 'default', minInputTokens: 0,
  input: 100_000_000, cachedInput: 10_000_000, cacheWrite: 125_000_000, output: 400_000_000, reasoning: null, characters: 1_500_000_000, audioMinute: 600_000,
}));

export type TestApp = {
  deps: Deps;
  api: Express;
  /** A clock that the test moves; it stands still otherwise. */
  clock: { now: number };
  adminToken: string;
  /** One request to the public API. The answer is held against the OpenAPI document before the test sees it. */
  call: (method: 'get' | 'post' | 'put' | 'patch' | 'delete', url: string, options?: CallOptions) => Promise<supertest.Response>;
  close: () => Promise<void>;
};
export type CallOptions = { body?: unknown; raw?: string | Buffer; headers?: Record<string, string>; key?: string; token?: string };

/** A whole server on a database of its own, seeded, not listening; closed when the suite ends. */
export async function createTestApp(engine: Engine, variables: Record<string, string> = {}, startAt = Date.UTC(2026, 10, 21, 12)): Promise<TestApp> {
  const database = await createTestDatabase(engine);
  const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: database.dataDir, ...(database.url === undefined ? {} : { DATABASE_URL: database.url }), ...variables });
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, config.dataDir);
  const clock = { now: startAt };
  const now = () => clock.now;
  if (database.url !== undefined) await copySchema(database.url);
  await migrate(db, now());
  const vault = await openVault(db, secrets.encryptionKeys, now());
  const deps: Deps = { config, secrets, db, vault, log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }), now };
  await seed(deps);
  await addPriceVersion(db, { validFrom: startAt, note: undefined, prices: testPrices }, { actor: 'test' }, startAt);
  const api = createApi(deps);
  const { server, agent, end } = keptServer(api);
  const close = async () => {
    end();
    await closeDatabase(db);
    await database.drop();
  };
  return {
    deps,
    api,
    clock,
    adminToken: secrets.adminApiToken,
    async call(method, url, { body, raw, headers = {}, key, token } = {}) {
      let request = supertest(await server())[method](url).agent(agent).set(headers);
      if (key !== undefined) request = request.set('X-License-Key', key);
      if (token !== undefined) request = request.set('Authorization', `Bearer ${token}`);
      if (raw !== undefined) request = request.serialize(() => raw as string).send(raw);
      else if (body !== undefined) request = request.send(body as object);
      const response = await request;
      checkAnswer(deps, method, url, response);
      return response;
    },
    close,
  };
}

/** A server that listens from the first request on, with connections that stay open: one for each request costs more than the request. */
function keptServer(api: Express): { server: () => Promise<Server>; agent: Agent; end: () => void } {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(api);
  let listening: Promise<unknown> | undefined;
  return {
    agent,
    async server() {
      await (listening ??= once(server.listen(0), 'listening'));
      return server;
    },
    end() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** createTestApp, closed after the suite in which it is called. */
export function useTestApp(engine: Engine, variables: Record<string, string> = {}): () => Promise<TestApp> {
  let app: Promise<TestApp> | undefined;
  after(async () => (await app)?.close());
  return () => (app ??= createTestApp(engine, variables));
}

/** Takes what every write needs: the lock of the file, or all connections of the pool. Returns what gives it back. */
export async function occupyDatabase({ deps }: Pick<TestApp, 'deps'>): Promise<() => Promise<void>> {
  const handles = databaseHandles(deps.db);
  if (handles.engine === 'sqlite') {
    const other = new DatabaseSync(path.join(deps.config.dataDir, 'chatello.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    return async () => {
      other.exec('ROLLBACK');
      other.close();
    };
  }
  const { pool } = handles;
  const connections = await Promise.all(Array.from({ length: 10 }, () => pool.promise().getConnection()));
  return async () => {
    for (const connection of connections) connection.release();
  };
}

type Checker = { routes: Route[]; schemas: Ajv2020 };
const checkers = new Map<string, Checker>();

/** The documentation as answers are held against it: the same for every app of a process whose address is the same, and worth a fifth of a second. */
function checkerOf(deps: Deps): Checker {
  const { publicUrl } = deps.config;
  const known = checkers.get(publicUrl);
  if (known) return known;
  const routes = apiRoutes(deps);
  const schemas = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(schemas);
  schemas.addSchema({ $id: 'openapi', ...openApiDocument(routes, publicUrl) });
  const checker = { routes, schemas };
  checkers.set(publicUrl, checker);
  return checker;
}

/** Holds an answer against the OpenAPI document: status described, body as described. */
function checkAnswer(deps: Deps, method: string, url: string, response: supertest.Response): void {
  const type = response.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) return;
  const { routes, schemas } = checkerOf(deps);
  const { pathname } = new URL(url, 'http://localhost');
  const spec = routes.map((route) => route.spec).find((candidate) => candidate.method === method && new RegExp(`^${candidate.path.replace(/:\w+/g, '[^/]+')}$`).test(pathname));
  const isPromised = spec !== undefined && spec.passesBack === undefined && (spec.errors !== undefined || spec.auth === 'webhook');
  const known = spec === undefined ? [] : [...Object.keys(spec.responses), ...[...documentedErrors(spec).keys()].map(String)];
  assert.ok(!isPromised || known.includes(String(response.status)), `${method} ${url} answered ${response.status} (${JSON.stringify(response.body)}), which its documentation does not name`);
  const status = spec && String(response.status) in spec.responses ? String(response.status) : 'default';
  assert.ok(status !== 'default' || response.status >= 400, `${method} ${url} answered ${response.status}, which the OpenAPI document does not know`);
  const pointer = spec ? `openapi#/paths/${spec.path.replace(/:(\w+)/g, '{$1}').replaceAll('~', '~0').replaceAll('/', '~1').replace(/[{}]/g, encodeURIComponent)}/${method}/responses/${status}/content/application~1json/schema` : 'openapi#/components/schemas/Error';
  const validate = schemas.getSchema(pointer);
  assert.ok(validate, `the OpenAPI document has no schema at ${pointer}`);
  assert.ok(validate(response.body), `${method} ${url} -> ${response.status} is not as documented: ${schemas.errorsText(validate.errors)}\n${JSON.stringify(response.body)}`);
}
