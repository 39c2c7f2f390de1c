/** What is kept of a token. Times in epoch ms. */
export type KeptToken = { origin: string; max_requests: number; used_requests: number; address_digest: Uint8Array | null; expires_at: number };
/** Who presents it: the request's Origin, and the digest of its address. */
export type Presented = { origin: string | undefined; address: Uint8Array };

const prefix = 'cvt_';
const wholeToken = /^cvt_[A-Za-z0-9_-]{43}$/;

/** Whether somebody means this to be a visitor token. */
export function looksLikeVisitorToken(text: string): boolean {
  return text.startsWith(prefix);
}

/** Whether it has the form of one. */
export function isVisitorToken(text: string): boolean {
  return wholeToken.test(text);
}

const again = 'Ask your site for a new one.';
const refusals = {
  unknown: { code: 'VISITOR_TOKEN_INVALID', message: `This visitor token is not known. ${again}` },
  expired: { code: 'VISITOR_TOKEN_EXPIRED', message: `This visitor token has expired. ${again}` },
  foreign: { code: 'VISITOR_TOKEN_FOREIGN_ORIGIN', message: 'This visitor token belongs to another site. It works only in pages of the origin for which it was made.' },
  replayed: { code: 'VISITOR_TOKEN_REPLAYED', message: `This visitor token is in use from another address. ${again}` },
  usedUp: { code: 'VISITOR_TOKEN_USED_UP', message: `All requests of this visitor token are used. ${again}` },
} as const;
export type TokenRefusal = (typeof refusals)[keyof typeof refusals];

/** Why a token does not do, or undefined. The origin comes first: pages of another one learn nothing else of it. `now` in epoch ms. */
export function refuseToken(token: KeptToken | undefined, { origin, address }: Presented, now: number): TokenRefusal | undefined {
  if (!token) return refusals.unknown;
  if (origin !== token.origin) return refusals.foreign;
  if (now >= token.expires_at) return refusals.expired;
  if (token.address_digest !== null && !isSame(token.address_digest, address)) return refusals.replayed;
  if (token.used_requests >= token.max_requests) return refusals.usedUp;
  return undefined;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
