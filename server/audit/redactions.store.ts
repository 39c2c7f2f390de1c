import { insertedOnce, type Db } from '../db/database.ts';
import type { AuditLine } from './chain.rules.ts';

/** Lines about one thing, or those of an actor. */
export type AuditFilter = { entity: string; entityId: string } | { actor: string };

const lineColumns = ['id', 'at', 'actor', 'action', 'entity', 'entity_id', 'before_json', 'after_json', 'reason', 'request_id'] as const;

/** Lines in which there is something left to take away. */
export function listReadable(db: Db, about: AuditFilter, limit: number): Promise<AuditLine[]> {
  const lines = db.selectFrom('audit_log').select(lineColumns).limit(limit);
  if ('actor' in about) return lines.where('actor', '=', about.actor).execute();
  return lines
    .where('entity', '=', about.entity)
    .where('entity_id', '=', about.entityId)
    .where((eb) => eb.or([eb('before_json', 'is not', null), eb('after_json', 'is not', null), eb('reason', 'is not', null), ...['site', 'device'].map((kind) => eb.and([eb('actor', '>=', `${kind}:`), eb('actor', '<', `${kind};`), eb('actor', '<>', `${kind}:erased`)]))]))
    .execute();
}

export async function emptyLine(db: Db, { id, actor, before_json, after_json, reason }: AuditLine): Promise<void> {
  await db.updateTable('audit_log').set({ actor, before_json, after_json, reason }).where('id', '=', id).execute();
}

export async function saveRedaction(db: Db, redaction: { audit_id: string; digest: Uint8Array; created_at: number }): Promise<void> {
  if (await insertedOnce(db.insertInto('audit_redactions').values(redaction).execute())) return;
  await db.updateTable('audit_redactions').set({ digest: redaction.digest }).where('audit_id', '=', redaction.audit_id).execute();
}

/** What is proven of lines that were emptied, by their ids. */
export async function findRedactions(db: Db, ids: string[]): Promise<Map<string, Uint8Array>> {
  const rows = await db.selectFrom('audit_redactions').select(['audit_id', 'digest']).where('audit_id', 'in', ids).execute();
  return new Map(rows.map(({ audit_id, digest }) => [audit_id, digest]));
}
