import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';

/** Who does something: `user:mail`, `api-token` (the configured one), `token:NAME`, `paddle`, `site:example.com`, `device:FINGERPRINT`, `customer:ID`, `system`, `cli`. */
export type Actor = { actor: string; requestId?: string | undefined };

export type AuditEntry = {
  action: string;
  entity: 'license' | 'customer' | 'activation' | 'order' | 'plan' | 'product_mapping' | 'user' | 'organization' | 'api_token' | 'product' | 'module' | 'subscription' | 'settings' | 'job' | 'import' | 'export' | 'delivery' | 'email' | 'provider' | 'alias' | 'prices' | 'webhook' | 'batch';
  entityId: string;
  before?: unknown;
  after?: unknown;
  reason?: string | undefined;
};

/** Adds a line to the audit log, in the transaction of the change that it records. Never give it a licence key or a password. */
export async function recordAudit(db: Db, by: Actor, entry: AuditEntry, now: number): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      id: newId(),
      at: now,
      actor: by.actor,
      action: entry.action,
      entity: entry.entity,
      entity_id: entry.entityId,
      before_json: entry.before === undefined ? null : JSON.stringify(entry.before),
      after_json: entry.after === undefined ? null : JSON.stringify(entry.after),
      reason: entry.reason ?? null,
      request_id: by.requestId ?? null,
    })
    .execute();
}
