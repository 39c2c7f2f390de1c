import type { Selectable } from 'kysely';
import { preparedRead, type Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

export type VisitorToken = Selectable<Schema['visitor_tokens']>;

const anyBytes = new Uint8Array(0);
const byDigest = preparedRead<VisitorToken, [digest: Uint8Array]>((db) => db.selectFrom('visitor_tokens').selectAll().where('digest', '=', anyBytes).compile());

export async function findToken(db: Db, digest: Uint8Array): Promise<VisitorToken | undefined> {
  const rows = await byDigest(db, [digest]);
  return rows[0];
}

export async function insertToken(db: Db, token: VisitorToken): Promise<void> {
  await db.insertInto('visitor_tokens').values(token).execute();
}

export async function deleteToken(db: Db, digest: Uint8Array): Promise<void> {
  await db.deleteFrom('visitor_tokens').where('digest', '=', digest).execute();
}

/** How many tokens were made since a moment: for the licence, and of these for the visitor. */
export async function countTokens(db: Db, { license_id, visitor }: Pick<VisitorToken, 'license_id' | 'visitor'>, since: number): Promise<{ license: number; visitor: number }> {
  const row = await db
    .selectFrom('visitor_tokens')
    .select((eb) => [eb.fn.countAll<number>().as('license'), eb.fn.sum<number | null>(eb.case().when('visitor', '=', visitor).then(1).else(0).end()).as('visitor')])
    .where('license_id', '=', license_id)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return { license: row.license, visitor: row.visitor ?? 0 };
}

/** Takes one request of a token for a client at this address, which from the first request on is the only one. False when it has none left, has expired, or belongs to another address. */
export async function takeRequest(db: Db, digest: Uint8Array, address: Uint8Array, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('visitor_tokens')
    .set((eb) => ({ used_requests: eb('used_requests', '+', 1), address_digest: address }))
    .where('digest', '=', digest)
    .where('expires_at', '>', now)
    .whereRef('used_requests', '<', 'max_requests')
    .where((eb) => eb.or([eb('address_digest', 'is', null), eb('address_digest', '=', address)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
