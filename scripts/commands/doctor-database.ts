import { existsSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import type { Config } from '../../server/config.ts';
import { closeDatabase, databaseHandles, openDatabase, type Db } from '../../server/db/database.ts';
import { pendingMigrations } from '../../server/db/migrate.ts';
import { errorText } from '../../server/errors.ts';
import { loadSecrets } from '../../server/local-secrets.ts';
import { openVault } from '../../server/vault.ts';
import { sentenceFor, type Finding } from './command.ts';

const driftWarnMs = 2_000;
const driftFailMs = 60_000;
const saneFrom = Date.UTC(2026, 0, 1);
const saneUntil = Date.UTC(2100, 0, 1);

/** Database, migrations, encryption keys, clock, queue and administrators. What is not set up yet is a warning; npm start does it. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  if (config.DATABASE_URL === undefined && !existsSync(path.join(config.dataDir, 'chatello.sqlite'))) {
    return [{ check: 'database', status: 'warn', detail: 'the embedded database does not exist yet', advice: 'npm run chatello -- migrate (or npm start) makes it.' }, ...checkClock(undefined)];
  }
  let db: Db | undefined;
  try {
    db = openDatabase(config.DATABASE_URL, config.dataDir);
    return await examineDatabase(db, config);
  } catch (error) {
    return [{ check: 'database', status: 'fail', detail: sentenceFor(error), advice: 'Check DATABASE_URL, and that the database server runs and lets this machine in.' }, ...checkClock(undefined)];
  } finally {
    if (db) await closeDatabase(db);
  }
}

async function examineDatabase(db: Db, config: Config): Promise<Finding[]> {
  const { engine } = databaseHandles(db);
  const askedAt = Date.now();
  const { rows } = await (engine === 'sqlite' ? sql<{ version: string }>`select sqlite_version() as version` : sql<{ version: string; now: number }>`select version() as version, unix_timestamp(now(3)) * 1000 as now`).execute(db);
  const [row] = rows as { version: string; now?: number }[];
  const databaseClock = row?.now === undefined ? undefined : row.now - (askedAt + Date.now()) / 2;
  const head: Finding = { check: 'database', status: 'ok', detail: `${engine === 'sqlite' ? 'SQLite' : 'MariaDB'} ${row?.version ?? ''}` };
  const pending = await pendingMigrations(db);
  if (pending.length > 0) return [head, { check: 'migrations', status: 'warn', detail: `not applied yet: ${pending.join(', ')}`, advice: 'npm run chatello -- migrate' }, ...checkClock(databaseClock)];
  return [head, { check: 'migrations', status: 'ok', detail: 'all applied' }, await checkKeys(db, config), ...checkClock(databaseClock), await checkQueue(db), await checkAdmins(db)];
}

async function checkKeys(db: Db, config: Config): Promise<Finding> {
  const check = 'encryption';
  try {
    await openVault(db, loadSecrets(config).encryptionKeys, Date.now());
    return { check, status: 'ok', detail: 'the encryption keys fit this database' };
  } catch (error) {
    return { check, status: 'fail', detail: errorText(error), advice: 'Nothing can be validated or shown until the key is back.' };
  }
}

/** `driftMs`: how far the database's clock is ahead of ours; undefined when it has none of its own. */
function checkClock(driftMs: number | undefined): Finding[] {
  const check = 'clock';
  const now = Date.now();
  const time = new Date(now).toISOString();
  if (now < saneFrom || now > saneUntil) return [{ check, status: 'fail', detail: `this machine believes that it is ${time}`, advice: 'Set the clock (timedatectl set-ntp true): expiry and signatures depend on it.' }];
  const drift = Math.round(Math.abs(driftMs ?? 0));
  if (drift <= driftWarnMs) return [{ check, status: 'ok', detail: driftMs === undefined ? time : `${time}, the database agrees` }];
  return [{ check, status: drift > driftFailMs ? 'fail' : 'warn', detail: `the database's clock is ${(drift / 1000).toFixed(1)} s ${(driftMs ?? 0) > 0 ? 'ahead of' : 'behind'} this machine's`, advice: 'Let both machines keep time by NTP.' }];
}

async function checkQueue(db: Db): Promise<Finding> {
  const dead = await db.selectFrom('jobs').select(['kind', (eb) => eb.fn.countAll<number>().as('count')]).where('status', '=', 'dead').groupBy('kind').execute();
  if (dead.length === 0) return { check: 'queue', status: 'ok', detail: 'no dead jobs' };
  const list = dead.map(({ kind, count }) => `${count} ${kind}`).join(', ');
  return { check: 'queue', status: 'warn', detail: `given up on: ${list}`, advice: 'The dashboard shows why. Deliveries are tried again by: npm run chatello -- replay --dead' };
}

async function checkAdmins(db: Db): Promise<Finding> {
  const admin = await db.selectFrom('users').select('id').where('role', '=', 'superadmin').where('disabled_at', 'is', null).limit(1).executeTakeFirst();
  if (admin) return { check: 'administrators', status: 'ok', detail: 'somebody can log in to the dashboard' };
  return { check: 'administrators', status: 'warn', detail: 'nobody can log in to the dashboard', advice: 'npm run chatello -- create-admin --email you@example.com' };
}
