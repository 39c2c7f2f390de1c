import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Vault } from '../vault.ts';
import { oneTimeText } from './one-time-text.ts';
import { countRecoveryCodes, replaceRecoveryCodes, takeRecoveryCode } from './recovery-codes.store.ts';
import { findUser, listTotpUnderOtherKeys, replaceTotpCipher, takeTotpStep, updateUser, type User } from './users.store.ts';

const periodMs = 30_000;
/** A step before and after the current one, for clocks that differ. */
const window = 1;
const secretBytes = 20;
const recoveryCodes = 10;
/** 16 letters, 79 bits: a plain digest is enough. */
const recoveryGroups = 4;

/** Where the secret of an authenticator app belongs: a copy in another row does not open. */
export function totpAad(userId: string): string {
  return `users.totp_cipher.${userId}`;
}

/** Begins the set-up: the secret that the app is to be given, the same while the set-up is not finished. Throws CONFLICT when an app is in use already. */
export async function beginTotp(db: Db, vault: Vault, userId: string, now: number): Promise<{ secret: string; uri: string }> {
  const user = await findUser(db, userId);
  if (!user) throw new AppError('NOT_FOUND', 'There is no such account.');
  if (user.totp_confirmed_at !== null) throw new AppError('CONFLICT', 'An authenticator app is set up already.');
  if (user.totp_cipher === null) {
    const { keyId, cipher } = vault.seal(new Secret({ size: secretBytes }).base32, totpAad(userId));
    await updateUser(db, userId, { totp_key_id: keyId, totp_cipher: cipher, updated_at: now });
    return beginTotp(db, vault, userId, now);
  }
  const totp = appOf(vault, user);
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/** Finishes the set-up with a code of the app, and returns the recovery codes, which are shown once; undefined when the code is wrong. */
export function confirmTotp(db: Db, vault: Vault, userId: string, code: string, by: Actor, now: number): Promise<string[] | undefined> {
  return transact(db, async (trx) => {
    const user = await findUser(trx, userId);
    if (!user || user.totp_cipher === null || user.totp_confirmed_at !== null || !(await takeCode(trx, vault, user, code, now))) return undefined;
    await updateUser(trx, userId, { totp_confirmed_at: now, updated_at: now });
    await recordAudit(trx, by, { action: 'user.two_factor_on', entity: 'user', entityId: userId }, now);
    return newRecoveryCodes(trx, userId, now);
  });
}

/** New recovery codes in the place of the old ones, against a code of the app; undefined when it is wrong. */
export function renewRecoveryCodes(db: Db, vault: Vault, userId: string, code: string, by: Actor, now: number): Promise<string[] | undefined> {
  return transact(db, async (trx) => {
    const user = await findUser(trx, userId);
    if (!user || user.totp_confirmed_at === null || !(await takeCode(trx, vault, user, code, now))) return undefined;
    await recordAudit(trx, by, { action: 'user.recovery_codes_renewed', entity: 'user', entityId: userId }, now);
    return newRecoveryCodes(trx, userId, now);
  });
}

/** Takes the app and the recovery codes away, in the caller's transaction. */
export async function removeTotp(db: Db, userId: string, by: Actor, now: number): Promise<void> {
  await updateUser(db, userId, { totp_key_id: null, totp_cipher: null, totp_confirmed_at: null, totp_last_step: null, updated_at: now });
  await replaceRecoveryCodes(db, userId, [], now);
  await recordAudit(db, by, { action: 'user.two_factor_off', entity: 'user', entityId: userId }, now);
}

/** How many recovery codes an account has left. */
export function recoveryCodesLeft(db: Db, userId: string): Promise<number> {
  return countRecoveryCodes(db, userId);
}

/** Whether a text is the code of the app at this moment, or a recovery code; it is used up by this. */
export async function takeSecondFactor(db: Db, vault: Vault, user: User, text: string, now: number): Promise<'app' | 'recovery' | undefined> {
  if (await takeCode(db, vault, user, text, now)) return 'app';
  const plain = text.toLowerCase().replace(/[^0-9a-z]/g, '');
  return (await takeRecoveryCode(db, user.id, recoveryCodeId(user.id, plain))) ? 'recovery' : undefined;
}

/** Seals up to `limit` secrets anew that are under an older encryption key; returns how many there were. Throws when that key is not configured. */
export function resealTotp(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const rows = await listTotpUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const { id, totp_key_id: keyId, totp_cipher: cipher } of rows) {
      if (keyId === null || cipher === null) continue;
      await replaceTotpCipher(trx, id, keyId, vault.seal(vault.open({ keyId, cipher }, totpAad(id)), totpAad(id)));
    }
    return rows.length;
  });
}

async function takeCode(db: Db, vault: Vault, user: User, text: string, now: number): Promise<boolean> {
  const token = text.replace(/\s/g, '');
  if (user.totp_cipher === null || !/^\d{6}$/.test(token)) return false;
  const delta = appOf(vault, user).validate({ token, timestamp: now, window });
  return delta !== null && takeTotpStep(db, user.id, Math.floor(now / periodMs) + delta);
}

function appOf(vault: Vault, { id, email, totp_key_id: keyId, totp_cipher: cipher }: User): TOTP {
  if (keyId === null || cipher === null) throw new Error('the account has no authenticator app');
  return new TOTP({ issuer: 'Chatello', label: email, secret: Secret.fromBase32(vault.open({ keyId, cipher }, totpAad(id))), algorithm: 'SHA1', digits: 6, period: periodMs / 1000 });
}

async function newRecoveryCodes(db: Db, userId: string, now: number): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodes }, () => oneTimeText(recoveryGroups));
  await replaceRecoveryCodes(db, userId, codes.map((code) => recoveryCodeId(userId, code.replaceAll('-', ''))), now);
  return codes;
}

function recoveryCodeId(userId: string, code: string): Buffer {
  return createHash('sha256').update(`${userId}\n${code}`).digest();
}
