import type { ExpressionBuilder } from 'kysely';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { mentionOf } from './mentions.rules.ts';

type Slice = { last: string | undefined };

/** What the providers know of a customer, in slices: the rows that are linked to them or have one of these addresses, after the one with an id. */
export async function findProviderCustomers(db: Db, { customerId, emails }: { customerId: string; emails: string[] }, after: string, limit: number): Promise<Slice & { found: { id: string; external_id: string }[] }> {
  const rows = await db.selectFrom('provider_customers').select(['id', 'email', 'external_id', 'customer_id']).where('id', '>', after).orderBy('id').limit(limit).execute();
  return { last: lastOf(rows, limit), found: rows.filter(({ email, customer_id }) => customer_id === customerId || emails.includes(emailKey(email))) };
}

export async function deleteProviderCustomers(db: Db, ids: string[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('provider_customers').where('id', 'in', ids).execute();
}

/** Empties the deliveries of the shops that speak of a customer, by an address or by an id of the provider; they are not replayed any more. */
export async function eraseDeliveries(db: Db, { emails, externalIds }: { emails: string[]; externalIds: string[] }, after: string, limit: number): Promise<string | undefined> {
  const rows = await db.selectFrom('inbox').select(['id', 'body', 'reason']).where('id', '>', after).orderBy('id').limit(limit).execute();
  const mentions = mentionOf(emails);
  const found = rows.filter(({ body, reason }) => {
    const text = `${Buffer.from(body).toString('utf8')}\n${reason ?? ''}`;
    return mentions(text) || externalIds.some((id) => text.includes(`"${id}"`));
  });
  for (const { id } of found) {
    await db.updateTable('inbox').set({ body: Buffer.from('{}'), status: 'ignored', reason: 'erased', reason_codes: null }).where('id', '=', id).execute();
    await db.deleteFrom('jobs').where('dedupe_key', '=', `apply-delivery:${id}`).execute();
  }
  return lastOf(rows, limit);
}

/** Where the lines of the imports end, of which something may be left. */
export function listImports(db: Db): Promise<{ id: string; items: number }[]> {
  return db.selectFrom('import_items').select(['import_id as id', (eb) => eb.fn.max<number>('seq').as('items')]).groupBy('import_id').execute();
}

/** The lines of a file of which an import has made or changed something of a customer, of its entries from `from` on. */
export async function listImportedLines(db: Db, customerId: string, importId: string, from: number, limit: number): Promise<number[]> {
  const rows = await db.selectFrom('import_items').select('line').where('import_id', '=', importId).where('seq', '>=', from).where('seq', '<', from + limit).where((eb) => isOfCustomer(eb, customerId)).execute();
  return rows.map(({ line }) => line);
}

/** Deletes what an import remembers of a customer and its licences for its undoing, of its entries from `from` on; returns where to go on. */
export async function eraseImportItems(db: Db, customerId: string, importId: string, from: number, limit: number): Promise<number> {
  await db
    .deleteFrom('import_items')
    .where('import_id', '=', importId)
    .where('seq', '>=', from)
    .where('seq', '<', from + limit)
    .where((eb) => isOfCustomer(eb, customerId))
    .execute();
  return from + limit;
}

function isOfCustomer(eb: ExpressionBuilder<Schema, 'import_items'>, customerId: string) {
  return eb.or([eb('entity_id', '=', customerId), eb('entity_id', 'in', eb.selectFrom('licenses').select('licenses.id').where('licenses.customer_id', '=', customerId))]);
}

/** Deletes jobs that name a customer by an address, other than the one with this key, and takes the address from what went wrong with others. */
export async function eraseJobs(db: Db, emails: string[], exceptKey: string, after: string, limit: number): Promise<string | undefined> {
  const rows = await db.selectFrom('jobs').select(['id', 'payload', 'last_error', 'dedupe_key']).where('id', '>', after).orderBy('id').limit(limit).execute();
  const mentions = mentionOf(emails);
  for (const { id, payload, last_error: lastError, dedupe_key: key } of rows) {
    if (key === exceptKey) continue;
    if (mentions(payload)) await db.deleteFrom('jobs').where('id', '=', id).execute();
    else if (lastError !== null && mentions(lastError)) await db.updateTable('jobs').set({ last_error: null }).where('id', '=', id).execute();
  }
  return lastOf(rows, limit);
}

/** Where to go on; undefined after the last slice. */
function lastOf(rows: { id: string }[], limit: number): string | undefined {
  return rows.length === limit ? rows.at(-1)?.id : undefined;
}
