import type { Selectable, SelectQueryBuilder } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type AuditRow = Selectable<Schema['audit_log']>;
/** `from` on and before `to`, in epoch ms. */
export type AuditFilter = { entity?: string | undefined; entityId?: string | undefined; actors?: string[] | undefined; from?: number | undefined; to?: number | undefined };

/** The lines of the audit log that a filter leaves. */
export function auditQuery(db: Db, { entity, entityId, actors, from, to }: AuditFilter): SelectQueryBuilder<Schema, 'audit_log', object> {
  let query: SelectQueryBuilder<Schema, 'audit_log', object> = db.selectFrom('audit_log');
  if (entity !== undefined) query = query.where('audit_log.entity', '=', entity);
  if (entityId !== undefined) query = query.where('audit_log.entity_id', '=', entityId);
  if (actors !== undefined) query = query.where('audit_log.actor', 'in', actors);
  if (from !== undefined) query = query.where('audit_log.at', '>=', from);
  if (to !== undefined) query = query.where('audit_log.at', '<', to);
  return query;
}

/** A page of the audit log, newest first. */
export function listAudit(db: Db, filter: AuditFilter, page: PageRequest): Promise<PageOf<AuditRow>> {
  return keysetPage(auditQuery(db, filter), { at: 'audit_log.at', id: 'audit_log.id' }, page, (ids) => db.selectFrom('audit_log').selectAll().where('id', 'in', ids).execute());
}

export type DeliveryRow = Pick<Selectable<Schema['inbox']>, 'id' | 'provider' | 'topic' | 'event_id' | 'status' | 'reason' | 'reason_codes' | 'received_at'>;

/** A page of the deliveries of the shops, newest first, without their bodies. */
export function listDeliveries(db: Db, status: string | undefined, page: PageRequest): Promise<PageOf<DeliveryRow>> {
  const query = db.selectFrom('inbox');
  const load = (ids: string[]) => db.selectFrom('inbox').select(['id', 'provider', 'topic', 'event_id', 'status', 'reason', 'reason_codes', 'received_at']).where('id', 'in', ids).execute();
  return keysetPage(status === undefined ? query : query.where('status', '=', status), { at: 'inbox.received_at', id: 'inbox.id' }, page, load);
}

/** A delivery with its body, and the job that works on it if one stands in the queue. */
export async function findDeliveryDetail(db: Db, id: string, jobKey: string): Promise<{ delivery: Selectable<Schema['inbox']>; job: Selectable<Schema['jobs']> | undefined } | undefined> {
  const delivery = await db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst();
  if (!delivery) return undefined;
  return { delivery, job: await db.selectFrom('jobs').selectAll().where('dedupe_key', '=', jobKey).executeTakeFirst() };
}

export type EmailRow = Pick<Selectable<Schema['emails']>, 'id' | 'recipient' | 'template' | 'locale' | 'status' | 'attempts' | 'last_error' | 'license_id' | 'created_at' | 'sent_at'>;

/** A page of the outbox, newest first, without what the messages say. */
export function listEmails(db: Db, page: PageRequest, status?: string): Promise<PageOf<EmailRow>> {
  const query = db.selectFrom('emails');
  const load = (ids: string[]) => db.selectFrom('emails').select(['id', 'recipient', 'template', 'locale', 'status', 'attempts', 'last_error', 'license_id', 'created_at', 'sent_at']).where('id', 'in', ids).execute();
  return keysetPage(status === undefined ? query : query.where('emails.status', '=', status), { at: 'emails.created_at', id: 'emails.id' }, page, load);
}

/** An e-mail of the outbox, without what it says. */
export function findEmailDetail(db: Db, id: string): Promise<EmailRow | undefined> {
  return db.selectFrom('emails').select(['id', 'recipient', 'template', 'locale', 'status', 'attempts', 'last_error', 'license_id', 'created_at', 'sent_at']).where('id', '=', id).executeTakeFirst();
}
