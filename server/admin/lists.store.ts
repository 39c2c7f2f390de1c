import type { Selectable } from 'kysely';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { endOf } from './licenses-list.store.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type CustomerRow = Pick<Selectable<Schema['customers']>, 'id' | 'name' | 'email' | 'company' | 'created_at'> & { licenses: number };

/** A page of customers whose e-mail address begins with a text, newest first; a search shows its first matches on one page. */
export async function listCustomers(db: Db, emailPrefix: string, page: PageRequest): Promise<PageOf<CustomerRow> & { isCut: boolean }> {
  const read = () => db.selectFrom('customers').select(['id', 'name', 'email', 'company', 'created_at']);
  const prefix = emailKey(emailPrefix);
  const searchLimit = 100;
  const found =
    prefix === ''
      ? await keysetPage(db.selectFrom('customers'), { at: 'customers.created_at', id: 'customers.id' }, page, (ids) => read().where('id', 'in', ids).execute())
      : { rows: await read().where('email_key', '>=', prefix).where('email_key', '<', endOf(prefix)).orderBy('email_key').limit(searchLimit).execute(), next: undefined, previous: undefined };
  const ids = found.rows.map(({ id }) => id);
  const counts = ids.length === 0 ? [] : await db.selectFrom('licenses').select(['customer_id', (eb) => eb.fn.countAll<number>().as('count')]).where('customer_id', 'in', ids).groupBy('customer_id').execute();
  const rows = found.rows.map((row) => ({ ...row, licenses: counts.find(({ customer_id }) => customer_id === row.id)?.count ?? 0 }));
  return { ...found, rows, isCut: prefix !== '' && rows.length === searchLimit };
}

export type AuditRow = Selectable<Schema['audit_log']>;
export type AuditFilter = { entity?: string | undefined; entityId?: string | undefined; actors?: string[] | undefined };

/** A page of the audit log, newest first. */
export function listAudit(db: Db, { entity, entityId, actors }: AuditFilter, page: PageRequest): Promise<PageOf<AuditRow>> {
  let query = db.selectFrom('audit_log');
  if (entity !== undefined) query = query.where('entity', '=', entity);
  if (entityId !== undefined) query = query.where('entity_id', '=', entityId);
  if (actors !== undefined) query = query.where('actor', 'in', actors);
  return keysetPage(query, { at: 'audit_log.at', id: 'audit_log.id' }, page, (ids) => db.selectFrom('audit_log').selectAll().where('id', 'in', ids).execute());
}

export type DeliveryRow = Pick<Selectable<Schema['inbox']>, 'id' | 'provider' | 'topic' | 'event_id' | 'status' | 'reason' | 'received_at'>;

/** A page of the deliveries of the shops, newest first, without their bodies. */
export function listDeliveries(db: Db, status: string | undefined, page: PageRequest): Promise<PageOf<DeliveryRow>> {
  const query = db.selectFrom('inbox');
  const load = (ids: string[]) => db.selectFrom('inbox').select(['id', 'provider', 'topic', 'event_id', 'status', 'reason', 'received_at']).where('id', 'in', ids).execute();
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
