import { randomBytes } from 'node:crypto';
import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { putActivationSecret } from './licenses.store.ts';

/**
 * Gives an activation a new secret in place of the one before, or none any more: from then on whoever speaks as this site must know it.
 * Returns the secret, which is told once and kept as a digest only; undefined where there is none, or the activation is gone.
 */
export async function renewActivationSecret(db: Db, vault: Vault, { licenseId, site }: { licenseId: string; site: string }, isWanted: boolean): Promise<string | undefined> {
  const secret = isWanted ? `cas_${randomBytes(32).toString('base64url')}` : undefined;
  const isKept = await transact(db, (trx) => putActivationSecret(trx, licenseId, site, secret === undefined ? null : activationSecretDigest(vault, secret)));
  return isKept ? secret : undefined;
}

/** What is kept of a secret. */
export function activationSecretDigest(vault: Vault, secret: string): Uint8Array {
  return vault.digest(`activation-secret ${secret}`);
}

/**
 * Whether somebody may speak as an activated site. One that has asked for a secret must show it; one that shows a secret must have that
 * activation still: its place may have been released since, or taken anew.
 */
export function provesActivation(activation: { secret_digest: Uint8Array | null } | undefined, shown: Uint8Array | undefined): boolean {
  const kept = activation?.secret_digest ?? undefined;
  if (kept === undefined || shown === undefined) return kept === shown;
  return Buffer.from(kept).equals(shown);
}
