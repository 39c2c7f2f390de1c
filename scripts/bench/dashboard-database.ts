import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { parseConfig } from '../../server/config.ts';
import { closeDatabase, openDatabase, type Engine } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import type { Deps } from '../../server/deps.ts';
import { countFigures, rebuildFigures } from '../../server/figures/count-figures.ts';
import { findCountedAt } from '../../server/figures/read-figures.store.ts';
import { newId } from '../../server/ids.ts';
import { loadSecrets } from '../../server/local-secrets.ts';
import { seed } from '../../server/seed.ts';
import { openVault } from '../../server/vault.ts';
import { benchDatabase } from './bench-run.ts';
import { seedDashboard, type Sizes } from './seed-dashboard.ts';

/** A server's database with a business of this size, all figures counted. In a folder to keep it is filled once; `close` deletes it otherwise. */
export async function openFilled(engine: Engine, size: Sizes, keep: string | undefined): Promise<{ deps: Deps; close: () => Promise<void> }> {
  const dataDir = keep === undefined ? mkdtempSync(path.join(tmpdir(), 'chatello-bench-')) : path.resolve(keep, `${engine}-${size.licenses}-${size.usage}`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const urlFile = path.join(dataDir, 'database-url');
  const isFilled = existsSync(urlFile);
  const { url, drop } = isFilled ? { url: readFileSync(urlFile, 'utf8') || undefined, drop: async () => undefined } : await benchDatabase(engine);
  const config = parseConfig({ NODE_ENV: 'production', REQUIRE_TOTP: 'false', DATA_DIR: dataDir, TRUST_PROXY: '1', ...(url === undefined ? {} : { DATABASE_URL: url }) });
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, dataDir);
  const now = Date.now;
  const close = async () => {
    await closeDatabase(db);
    if (keep !== undefined) return;
    await drop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await migrate(db, now());
    const deps: Deps = { config, secrets, db, vault: await openVault(db, secrets.encryptionKeys, now()), log: pino({ level: 'error' }), now };
    if (!isFilled) await fill(deps, size);
    if (!isFilled && keep !== undefined) writeFileSync(urlFile, url ?? '', { mode: 0o600 });
    if ((await findCountedAt(db)).countedAt === undefined) await count(deps, engine, size);
    return { deps, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fill(deps: Deps, size: Sizes): Promise<void> {
  const { db, now } = deps;
  await seed(deps);
  const organizationId = newId();
  await db.insertInto('organizations').values({ id: organizationId, parent_id: null, kind: 'reseller', name: 'Reseller', path: `/${organizationId}/`, license_quota: null, licenses_used: 0, disabled_at: null, created_at: now(), updated_at: now() }).execute();
  await seedDashboard(db, size, now(), organizationId);
}

async function count(deps: Deps, engine: Engine, size: Sizes): Promise<void> {
  const startedAt = performance.now();
  await rebuildFigures(deps);
  const rebuiltMs = performance.now() - startedAt;
  const againAt = performance.now();
  await countFigures(deps);
  process.stdout.write(`${engine} ${size.licenses.toLocaleString('en')}: all figures counted in ${(rebuiltMs / 1000).toFixed(1)} s; a run of the job with nothing new ${Math.round(performance.now() - againAt)} ms\n`);
}
