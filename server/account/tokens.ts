import { createHash, randomBytes } from 'node:crypto';

const tokenPattern = /^[\w-]{43}$/;

/** A token of 256 random bits, for an address or a cookie. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token: its SHA-256. Undefined for what is no token. */
export function tokenDigest(token: string | undefined): Buffer | undefined {
  return token === undefined || !tokenPattern.test(token) ? undefined : createHash('sha256').update(token).digest();
}
