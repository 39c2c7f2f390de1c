import type { Db } from '../db/database.ts';

/** Takes everything personal from the row of a customer, ends its sessions and disables its accounts of the portal; returns these. */
export async function anonymizeCustomer(db: Db, id: string, email: string, now: number): Promise<{ id: string; email: string }[]> {
  await db.updateTable('customers').set({ email, email_key: email, name: 'Erased', company: null, locale: 'en', notes: null, status: 'erased', updated_at: now }).where('id', '=', id).execute();
  await db.deleteFrom('customer_addresses').where('customer_id', '=', id).execute();
  await db.deleteFrom('customer_words').where('customer_id', '=', id).execute();
  await db.deleteFrom('account_sessions').where('customer_id', '=', id).execute();
  await db.deleteFrom('sign_in_links').where('customer_id', '=', id).execute();
  const users = await db.selectFrom('users').select(['id', 'email']).where('customer_id', '=', id).execute();
  for (const user of users) {
    const address = `erased-${user.id}@erased.invalid`;
    for (const table of ['sessions', 'user_links', 'recovery_codes'] as const) await db.deleteFrom(table).where('user_id', '=', user.id).execute();
    await db.updateTable('users').set({ email: address, email_key: address, name: 'Erased', password_hash: '', disabled_at: now, totp_key_id: null, totp_cipher: null, totp_confirmed_at: null, updated_at: now }).where('id', '=', user.id).execute();
  }
  return users;
}

export async function listLicenseIdsAfter(db: Db, customerId: string, after: string, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('licenses').select('id').where('customer_id', '=', customerId).where('id', '>', after).orderBy('id').limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** Takes from a licence what its owner and its sites have left there. What it used and what paid for it stays. */
export async function anonymizeLicense(db: Db, id: string): Promise<void> {
  const activations = await db.selectFrom('activations').select('id').where('license_id', '=', id).execute();
  for (const table of ['activations', 'visitor_tokens', 'response_cache', 'license_ai_settings', 'provider_keys'] as const) await db.deleteFrom(table).where('license_id', '=', id).execute();
  await db.deleteFrom('quota_counters').where('license_id', '=', id).where('scope', '<>', '').execute();
  await db.updateTable('licenses').set({ domain_lock: null, suspended_reason: null, revoked_reason: null }).where('id', '=', id).execute();
  await db.updateTable('license_terms').set({ void_reason: null }).where('license_id', '=', id).execute();
  const causes = [id, ...activations.map((activation) => activation.id)];
  for (const cause of causes) await db.updateTable('webhook_messages').set({ payload: '{}' }).where('cause', '>=', cause).where('cause', '<', `${cause}~`).execute();
}

/** Takes the site and the visitor from up to `limit` requests of a licence, from a moment on; returns the moment to go on from, or undefined when there are no more. */
export async function anonymizeUsage(db: Db, licenseId: string, from: number, limit: number): Promise<number | undefined> {
  const rows = await db.selectFrom('usage_records').select(['id', 'created_at']).where('license_id', '=', licenseId).where('created_at', '>=', from).where((eb) => eb.or([eb('site', 'is not', null), eb('visitor', 'is not', null)])).orderBy('created_at').limit(limit).execute();
  if (rows.length > 0) await db.updateTable('usage_records').set({ site: null, visitor: null }).where('id', 'in', rows.map(({ id }) => id)).execute();
  return rows.length === limit ? rows.at(-1)?.created_at : undefined;
}

/** Ids of up to `limit` e-mails to a customer: to an address of theirs, about a licence, about an order. */
export async function listEmailIds(db: Db, { customerId, emails }: { customerId: string; emails: string[] }, limit: number): Promise<string[]> {
  const lists = [
    await db.selectFrom('emails').select('id').where('recipient', 'in', emails).limit(limit).execute(),
    await db.selectFrom('emails').select('id').where('license_id', 'in', (eb) => eb.selectFrom('licenses').select('licenses.id').where('licenses.customer_id', '=', customerId)).limit(limit).execute(),
    await db.selectFrom('emails').select('id').where('order_id', 'in', (eb) => eb.selectFrom('orders').select('orders.id').where('orders.customer_id', '=', customerId)).limit(limit).execute(),
  ];
  return [...new Set(lists.flat().map(({ id }) => id))].slice(0, limit);
}

/** Deletes e-mails and the jobs that would send them. */
export async function deleteEmails(db: Db, ids: string[]): Promise<void> {
  await db.deleteFrom('jobs').where('dedupe_key', 'in', ids.map((id) => `send-email:${id}`)).execute();
  await db.deleteFrom('emails').where('id', 'in', ids).execute();
}
