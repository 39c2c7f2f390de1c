import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { AccountSession } from '../account-sessions.ts';
import { readSiteCookie, setSiteCookie } from './site-cookies.ts';

type Needs = Pick<Deps, 'config' | 'vault'>;

/** The session of this request, as loadAccountSession found it. */
export function accountSessionOf(res: Response): AccountSession | undefined {
  return res.locals['accountSession'] as AccountSession | undefined;
}

/** The token that every form on this page carries: that of the session, or before the sign-in one derived from a cookie with this server's own secret. */
export function siteCsrfToken(req: Request, res: Response, { config, vault }: Needs): string {
  const session = accountSessionOf(res);
  if (session) return session.csrfToken;
  let visit = readSiteCookie(req, config, 'chatello_account_visit');
  if (visit === undefined || !/^[\w-]{22}$/.test(visit)) {
    visit = randomBytes(16).toString('base64url');
    setSiteCookie(req, res, config, 'chatello_account_visit', visit);
  }
  return tokenOfVisit(vault, visit);
}

/** Lets a form through that this server itself gave to this very browser. Throws FORM_EXPIRED. */
export function checkSiteCsrf(req: Request, res: Response, { config, vault }: Needs): void {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new AppError('FORM_EXPIRED', 'This form was sent from another site.');
  const visit = readSiteCookie(req, config, 'chatello_account_visit');
  const expected = accountSessionOf(res)?.csrfToken ?? (visit === undefined ? undefined : tokenOfVisit(vault, visit));
  const sent = (req.body as Record<string, unknown> | undefined)?.['_csrf'];
  if (expected === undefined || typeof sent !== 'string' || !isSame(expected, sent)) throw new AppError('FORM_EXPIRED', 'This form is no longer valid. Go back, load the page again and send it once more.');
}

function tokenOfVisit(vault: Needs['vault'], visit: string): string {
  return vault.digest(`account-visit:${visit}`).toString('base64url');
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
