import { randomBytes } from 'node:crypto';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { countTokens, deleteToken, insertToken } from './visitor-tokens.store.ts';
import { tokenDigest, visitorDigest } from './digests.ts';
import { sealSitePrompt } from './site-prompt.ts';

export type MintInput = {
  licenseId: string;
  activation: { id: string; site: string };
  origin: string;
  /** The site's own name for the visitor: anonymous, and known to nobody else. */
  visitor: string;
  ttlSeconds: number;
  maxRequests: number;
  /** Rules of the site for this visitor's conversations. */
  systemPrompt: string | undefined;
};

const windowMs = 10 * 60_000;
const tokensPerVisitor = 10;
const tokensPerLicense = 2_000;

/**
 * Makes a token for a visitor of a site; only its digest is kept. Throws RATE_LIMITED when the visitor or the licence has got too many
 * within ten minutes: a token that turns out to be one too many is taken back before anybody has seen it, so no two of them slip through together.
 */
export async function mintToken({ db, vault }: Pick<Deps, 'db' | 'vault'>, input: MintInput, now: number): Promise<{ token: string; expiresAt: number }> {
  const token = `cvt_${randomBytes(32).toString('base64url')}`;
  const digest = tokenDigest(vault, token);
  const expiresAt = now + input.ttlSeconds * 1000;
  const row = { digest, license_id: input.licenseId, activation_id: input.activation.id, site: input.activation.site, origin: input.origin, visitor: visitorDigest(vault, input.licenseId, input.visitor), system_prompt: input.systemPrompt === undefined ? null : sealSitePrompt(vault, digest, input.systemPrompt), max_requests: input.maxRequests, used_requests: 0, address_digest: null, created_at: now, expires_at: expiresAt };
  await transact(db, (trx) => insertToken(trx, row), 'unsynced');
  const made = await countTokens(db, row, now - windowMs);
  if (made.visitor <= tokensPerVisitor && made.license <= tokensPerLicense) return { token, expiresAt };
  await transact(db, (trx) => deleteToken(trx, digest), 'unsynced');
  const whose = made.visitor > tokensPerVisitor ? `This visitor has got ${tokensPerVisitor} tokens` : `This licence has got ${tokensPerLicense} visitor tokens`;
  throw new AppError('RATE_LIMITED', `${whose} within ten minutes, which is the most. Use a token until it ends, and try again in some minutes.`, { retryAfterSeconds: 60 });
}
