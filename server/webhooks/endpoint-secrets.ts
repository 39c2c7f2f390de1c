import { z } from 'zod';
import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { newWebhookSecret } from './webhook-signature.ts';
import { listEndpointsUnderOtherKeys, replaceSecretCipher, type Endpoint } from './webhooks.store.ts';

/** After a rotation messages are signed with the old secret too, for this long: the receiver can change it without missing one. */
const overlapMs = 24 * 60 * 60 * 1000;

/** Newest first. `until` (epoch ms): the secret has been replaced and signs no longer than this. */
const storedSecrets = z.array(z.object({ secret: z.string(), until: z.number().nullable() })).min(1);
type StoredSecrets = z.output<typeof storedSecrets>;
type SealedSecrets = Pick<Endpoint, 'id' | 'key_id' | 'secret_cipher'>;

/** A new secret, and what is stored of it. With the `previous` ones, the newest of these goes on signing beside it for a day. */
export function addSecret(vault: Vault, endpointId: string, previous: SealedSecrets | undefined, now: number): { secret: string; columns: Pick<Endpoint, 'key_id' | 'secret_cipher'> } {
  const secret = newWebhookSecret();
  const [replaced] = previous ? open(vault, previous) : [];
  const secrets: StoredSecrets = [{ secret, until: null }, ...(replaced ? [{ secret: replaced.secret, until: now + overlapMs }] : [])];
  const { keyId, cipher } = vault.seal(JSON.stringify(secrets), aadOf(endpointId));
  return { secret, columns: { key_id: keyId, secret_cipher: cipher } };
}

/** The secrets with which messages to an endpoint are signed now, newest first. */
export function signingSecrets(vault: Vault, endpoint: SealedSecrets, now: number): string[] {
  return open(vault, endpoint).filter(({ until }) => until === null || now < until).map(({ secret }) => secret);
}

/** Seals up to `limit` secrets anew that are under an older encryption key; returns how many there were. Throws when that key is not configured. */
export function resealWebhookSecrets(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const endpoints = await listEndpointsUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const { id, key_id: keyId, secret_cipher: cipher } of endpoints) {
      await replaceSecretCipher(trx, id, keyId, vault.seal(vault.open({ keyId, cipher }, aadOf(id)), aadOf(id)));
    }
    return endpoints.length;
  });
}

function open(vault: Vault, { id, key_id: keyId, secret_cipher: cipher }: SealedSecrets): StoredSecrets {
  return storedSecrets.parse(JSON.parse(vault.open({ keyId, cipher }, aadOf(id))));
}

function aadOf(endpointId: string): string {
  return `webhook_endpoints.secret_cipher.${endpointId}`;
}
