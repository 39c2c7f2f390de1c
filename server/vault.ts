import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import type { EncryptionKey } from './config.ts';
import { insertedOnce, transact, type Db } from './db/database.ts';

/** Seals secrets that are shown again, and digests secrets that are looked up. */
export type Vault = {
  /** AES-256-GCM under the newest key. `aad` names table, column and row, so that a ciphertext copied elsewhere does not open. */
  seal(plaintext: string, aad: string): { keyId: string; cipher: Uint8Array };
  /** Throws when the key is unknown, or the text or its place was changed. */
  open(sealed: { keyId: string; cipher: Uint8Array }, aad: string): string;
  /** HMAC-SHA256 under a key that survives the rotation of ENCRYPTION_KEYS. */
  digest(text: string): Buffer;
  /** digest() of a licence key in its lookup spelling. The same keys come again and again, so those of late are remembered; the answer is shared and must not be changed. */
  digestOfKey(lookup: string): Buffer;
  /** The id under which new secrets are sealed. */
  currentKeyId: string;
};

const nonceBytes = 12;
const tagBytes = 16;
const lookupKeyName = 'license-lookup';

/** Opens the vault of a database; the first process makes the lookup key and stores it sealed. Throws when no configured key opens it. */
export async function openVault(db: Db, encryptionKeys: EncryptionKey[], now: number): Promise<Vault> {
  const box = sealingBox(encryptionKeys);
  const aad = `secrets.cipher.${lookupKeyName}`;
  const sealed = box.seal(randomBytes(32).toString('base64'), aad);
  const find = () => db.selectFrom('secrets').selectAll().where('name', '=', lookupKeyName).executeTakeFirst();
  let row = await find();
  if (!row) {
    await insertedOnce(transact(db, (trx) => trx.insertInto('secrets').values({ name: lookupKeyName, key_id: sealed.keyId, cipher: sealed.cipher, created_at: now }).execute()));
    row = await find();
  }
  if (!row) throw new Error('the lookup key vanished');
  const digest = hmacSha256(openLookupKey(box, row, aad));
  return { ...box, digest, digestOfKey: remembered(digest) };
}

const mostRemembered = 10_000;

/** When there are too many, all are forgotten: whoever still comes is soon known again. */
function remembered(digest: (text: string) => Buffer): (text: string) => Buffer {
  const digests = new Map<string, Buffer>();
  return (text) => {
    let known = digests.get(text);
    if (!known) {
      known = digest(text);
      if (digests.size >= mostRemembered) digests.clear();
      digests.set(text, known);
    }
    return known;
  };
}

const blockBytes = 64;
const hashBytes = 32;

/**
 * HMAC-SHA256 (RFC 2104) for many short texts under one key of at most 64 bytes. It runs for every validation, where two one-shot
 * hashes cost a fraction of the object that createHmac makes for each text.
 */
export function hmacSha256(key: Uint8Array): (text: string) => Buffer {
  const inner = Buffer.alloc(blockBytes, 0x36);
  const outer = Buffer.alloc(blockBytes + hashBytes, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (text) => {
    hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer').copy(outer, blockBytes);
    return hash('sha256', outer, 'buffer');
  };
}

/** The key of digest(), in base64. */
export async function readLookupKey(db: Db, encryptionKeys: EncryptionKey[]): Promise<string> {
  const row = await db.selectFrom('secrets').selectAll().where('name', '=', lookupKeyName).executeTakeFirstOrThrow();
  return sealingBox(encryptionKeys).open({ keyId: row.key_id, cipher: row.cipher }, `secrets.cipher.${lookupKeyName}`);
}

function openLookupKey(box: Pick<Vault, 'open'>, row: { key_id: string; cipher: Uint8Array }, aad: string): Buffer {
  try {
    return Buffer.from(box.open({ keyId: row.key_id, cipher: row.cipher }, aad), 'base64');
  } catch (error) {
    throw new Error(`This database was set up under the encryption key "${row.key_id}", and ENCRYPTION_KEYS (or secrets.json in the data directory) holds no such key, or another one of that name. Put the right key back.`, { cause: error });
  }
}

/** Seals the lookup key anew under the newest encryption key. */
export async function resealLookupKey(db: Db, encryptionKeys: EncryptionKey[]): Promise<void> {
  const box = sealingBox(encryptionKeys);
  const aad = `secrets.cipher.${lookupKeyName}`;
  const row = await db.selectFrom('secrets').selectAll().where('name', '=', lookupKeyName).executeTakeFirstOrThrow();
  const { keyId, cipher } = box.seal(box.open({ keyId: row.key_id, cipher: row.cipher }, aad), aad);
  await db.updateTable('secrets').set({ key_id: keyId, cipher }).where('name', '=', lookupKeyName).execute();
}

function sealingBox(encryptionKeys: EncryptionKey[]): Pick<Vault, 'seal' | 'open' | 'currentKeyId'> {
  const [current] = encryptionKeys;
  if (!current) throw new Error('ENCRYPTION_KEYS is empty');
  const keyById = new Map(encryptionKeys.map(({ id, key }) => [id, key]));
  return {
    currentKeyId: current.id,
    seal(plaintext, aad) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(aad));
      const text = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return { keyId: current.id, cipher: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
    },
    open({ keyId, cipher }, aad) {
      const key = keyById.get(keyId);
      if (!key) throw new Error(`ENCRYPTION_KEYS lacks the key "${keyId}" under which a secret was stored`);
      const bytes = Buffer.from(cipher);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(aad))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    },
  };
}
