import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { AuditLine } from './chain.rules.ts';
import { findRedactions } from './redactions.store.ts';

export type Seal = Selectable<Schema['audit_seals']>;
export type AuditCheck = Selectable<Schema['audit_checks']>;

const lineColumns = ['audit_log.id', 'audit_log.at', 'audit_log.actor', 'audit_log.action', 'audit_log.entity', 'audit_log.entity_id', 'audit_log.before_json', 'audit_log.after_json', 'audit_log.reason', 'audit_log.request_id'] as const;

/** The newest seal. */
export function findHead(db: Db): Promise<Seal | undefined> {
  return db.selectFrom('audit_seals').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();
}

/** The hash of the seal at a place, in hexadecimal. */
export async function sealHashAt(db: Db, seq: number): Promise<string | undefined> {
  const seal = await db.selectFrom('audit_seals').select('hash').where('seq', '=', seq).executeTakeFirst();
  return seal && Buffer.from(seal.hash).toString('hex');
}

export function listUnsealed(db: Db, limit: number): Promise<AuditLine[]> {
  return db.selectFrom('audit_log').select(lineColumns).where('is_sealed', '=', 0).orderBy('at').orderBy('id').limit(limit).execute();
}

/** False when another process has taken one of these places, or sealed one of these lines. */
export function insertSeals(db: Db, seals: Seal[]): Promise<boolean> {
  return insertedOnce(db.insertInto('audit_seals').values(seals).execute());
}

export async function markSealed(db: Db, ids: string[]): Promise<void> {
  await db.updateTable('audit_log').set({ is_sealed: 1 }).where('id', 'in', ids).execute();
}

/** `redaction`: what is proven of the line since it was emptied. */
export type SealedLine = { seal: Seal; line: AuditLine | undefined; redaction: Uint8Array | undefined };

/** Seals after a place, each with its line if that is still there. */
export async function listSealsAfter(db: Db, seq: number, limit: number): Promise<SealedLine[]> {
  const seals = await db.selectFrom('audit_seals').selectAll().where('seq', '>', seq).orderBy('seq').limit(limit).execute();
  if (seals.length === 0) return [];
  const lines = new Map((await db.selectFrom('audit_log').select(lineColumns).where('id', 'in', seals.map(({ audit_id }) => audit_id)).execute()).map((line) => [line.id, line]));
  const redactions = await findRedactions(db, seals.map(({ audit_id }) => audit_id));
  return seals.map((seal) => ({ seal, line: lines.get(seal.audit_id), redaction: redactions.get(seal.audit_id) }));
}

/** Lines after an id, each with whether it says that it is sealed and whether there is a seal. */
export function listLinesAfter(db: Db, id: string, limit: number): Promise<{ id: string; is_sealed: number; seq: number | null }[]> {
  return db.selectFrom('audit_log').leftJoin('audit_seals', 'audit_seals.audit_id', 'audit_log.id').select(['audit_log.id', 'audit_log.is_sealed', 'audit_seals.seq']).where('audit_log.id', '>', id).orderBy('audit_log.id').limit(limit).execute();
}

export async function insertCheck(db: Db, check: AuditCheck): Promise<void> {
  await db.insertInto('audit_checks').values(check).execute();
}

export async function updateCheck(db: Db, id: string, changes: Partial<AuditCheck>): Promise<void> {
  await db.updateTable('audit_checks').set(changes).where('id', '=', id).execute();
}

export function findCheck(db: Db, id: string): Promise<AuditCheck | undefined> {
  return db.selectFrom('audit_checks').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The check that was asked for last. */
export function findNewestCheck(db: Db): Promise<AuditCheck | undefined> {
  return db.selectFrom('audit_checks').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst();
}
