import type { Db } from '../db/database.ts';

/** What was recorded from a moment on, in order. Inside a transaction: with what it has recorded itself. */
export function listAuditSince(db: Db, at: number): Promise<{ id: string; action: string; entity: string; entity_id: string }[]> {
  return db.selectFrom('audit_log').select(['id', 'action', 'entity', 'entity_id']).where('at', '>=', at).orderBy('at').orderBy('id').execute();
}

/** Whether anybody but `actor` has done something to this. */
export async function wasTouchedByOthers(db: Db, entity: string, entityId: string, actor: string): Promise<boolean> {
  const row = await db.selectFrom('audit_log').select('id').where('entity', '=', entity).where('entity_id', '=', entityId).where('actor', '!=', actor).limit(1).executeTakeFirst();
  return row !== undefined;
}
