import { stat } from 'node:fs/promises';
import path from 'node:path';
import { sql, type Selectable } from 'kysely';
import type { Config } from '../config.ts';
import { databaseHandles, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { recurringPrefix } from '../jobs/jobs.store.ts';

type Job = Selectable<Schema['jobs']>;
export type QueueOfKind = { kind: string; due: number; later: number; running: number; retrying: number; dead: number };

/** The queue by kind, without what runs at intervals: due now, planned for later, running, failed and waiting for another attempt, given up. */
export async function listQueue(db: Db, now: number): Promise<QueueOfKind[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['kind', 'status'])
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      sql<number | string>`sum(case when run_at <= ${now} then 1 else 0 end)`.as('due'),
      sql<number | string>`sum(case when attempts > 0 then 1 else 0 end)`.as('tried'),
    ])
    .where((eb) => eb.or([eb('dedupe_key', 'is', null), eb('dedupe_key', 'not like', `${recurringPrefix}%`)]))
    .groupBy(['kind', 'status'])
    .orderBy('kind')
    .execute();
  const kinds = new Map<string, QueueOfKind>();
  for (const { kind, status, count, due, tried } of rows) {
    const queue = kinds.get(kind) ?? { kind, due: 0, later: 0, running: 0, retrying: 0, dead: 0 };
    if (status === 'queued') Object.assign(queue, { due: Number(due), later: count - Number(due), retrying: Number(tried) });
    else if (status === 'running') queue.running = count;
    else if (status === 'dead') queue.dead = count;
    kinds.set(kind, queue);
  }
  return [...kinds.values()];
}

export function findDeadJob(db: Db, id: string): Promise<Job | undefined> {
  return db.selectFrom('jobs').selectAll().where('id', '=', id).where('status', '=', 'dead').executeTakeFirst();
}

/** The job of each recurring kind. Its row is given back after each run, so that its last change is the end of the last run. */
export function listRecurring(db: Db): Promise<Pick<Job, 'kind' | 'status' | 'run_at' | 'updated_at' | 'created_at' | 'last_error' | 'attempts'>[]> {
  return db.selectFrom('jobs').select(['kind', 'status', 'run_at', 'updated_at', 'created_at', 'last_error', 'attempts']).where('dedupe_key', '>=', recurringPrefix).where('dedupe_key', '<', `${recurringPrefix}~`).orderBy('kind').execute();
}

export function listMigrations(db: Db): Promise<Selectable<Schema['schema_migrations']>[]> {
  return db.selectFrom('schema_migrations').selectAll().orderBy('number', 'desc').execute();
}

/** The database's name, version and size in bytes; its size is undefined when it cannot be told. */
export async function describeDatabase(db: Db, { DATABASE_URL, dataDir }: Pick<Config, 'DATABASE_URL' | 'dataDir'>): Promise<{ engine: string; version: string; bytes: number | undefined }> {
  if (databaseHandles(db).engine === 'sqlite') {
    const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
    const file = path.resolve(dataDir, DATABASE_URL === undefined ? 'chatello.sqlite' : DATABASE_URL.slice('sqlite:'.length));
    const sizes = await Promise.all([file, `${file}-wal`].map(async (name) => (await stat(name).catch(() => undefined))?.size));
    return { engine: 'SQLite', version: rows[0]?.version ?? '', bytes: sizes[0] === undefined ? undefined : sizes[0] + (sizes[1] ?? 0) };
  }
  const { rows } = await sql<{ version: string; bytes: number | string | null }>`select version() as version, (select sum(data_length + index_length) from information_schema.tables where table_schema = database()) as bytes`.execute(db);
  return { engine: 'MariaDB', version: rows[0]?.version ?? '', bytes: rows[0]?.bytes === null || rows[0]?.bytes === undefined ? undefined : Number(rows[0].bytes) };
}
