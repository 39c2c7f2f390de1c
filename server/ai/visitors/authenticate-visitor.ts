import type { Request, RequestHandler, Response } from 'express';
import { transact, type Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { allowOrigin } from '../../http/cors.ts';
import type { LicenseOfCaller } from '../../http/license-auth.ts';
import { limitByAddress } from '../../http/rate-limit.ts';
import { checkActivated } from '../../licenses/validate-license.ts';
import { addressDigest, tokenDigest } from './digests.ts';
import { openSitePrompt } from './site-prompt.ts';
import { isVisitorToken, refuseToken, type Presented } from './visitor-token.rules.ts';
import { findToken, takeRequest } from './visitor-tokens.store.ts';

type VisitorDeps = Pick<Deps, 'db' | 'vault' | 'now'>;
/** Who holds a good visitor token: the licence behind it, the site, how the ledger names the visitor, and the rules that the site has given them. */
export type Visitor = { license: LicenseOfCaller; site: string; visitor: string; sitePrompt: string | null };

const requestsPerMinute = 60;
const limits = new WeakMap<Db, RequestHandler>();

/**
 * Who presents this token, if it is good for one more request from this page and address now, and its licence may be used; takes that
 * request. What becomes of it then does not matter: a token's requests are few and its time is short, and giving them back would let a page
 * ask for ever. Reading what costs nothing (GET) takes none. From the moment that page and token belong together, the page can read the
 * answer, refusals included. Throws VISITOR_TOKEN_*, RATE_LIMITED and LICENSE_REFUSED.
 */
export async function authenticateVisitor({ db, vault, now }: VisitorDeps, text: string, req: Request, res: Response): Promise<Visitor> {
  const presented: Presented = { origin: req.headers.origin, address: addressDigest(vault, req.ip ?? '') };
  const digest = tokenDigest(vault, text);
  const find = async () => (isVisitorToken(text) ? findToken(db, digest) : undefined);
  const token = await find();
  if (token && token.origin === presented.origin) allowOrigin(res, token.origin);
  const refuse = (found: typeof token) => {
    const refusal = refuseToken(found, presented, now());
    if (refusal) throw new AppError(refusal.code, refusal.message, { field: 'headers.authorization' });
  };
  refuse(token);
  if (!token) throw new Error('an unknown visitor token was not refused');
  await withinLimit(db, req, res);
  const activated = await checkActivated(db, token.license_id, { id: token.activation_id, site: token.site }, now());
  if (!activated) throw new AppError('LICENSE_REFUSED', 'This site is no longer activated. Its owner can activate it again in the plugin.');
  if (!activated.verdict.valid) throw new AppError('LICENSE_REFUSED', `The licence of this site cannot be used just now (${activated.verdict.code}). Its owner sees the reason in the plugin.`);
  if (req.method !== 'GET' && !(await transact(db, (trx) => takeRequest(trx, digest, presented.address, now()), 'unsynced'))) {
    refuse(await find());
    throw new AppError('VISITOR_TOKEN_INVALID', 'This visitor token is not known. Ask your site for a new one.', { field: 'headers.authorization' });
  }
  return { license: activated.license, site: token.site, visitor: token.visitor, sitePrompt: token.system_prompt === null ? null : openSitePrompt(vault, digest, token.system_prompt) };
}

/** Throws RATE_LIMITED: one limit for all endpoints together. */
async function withinLimit(db: Db, req: Request, res: Response): Promise<void> {
  let limit = limits.get(db);
  if (!limit) {
    limit = limitByAddress(requestsPerMinute);
    limits.set(db, limit);
  }
  const check = limit;
  await new Promise<void>((resolve, reject) => {
    void check(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}
