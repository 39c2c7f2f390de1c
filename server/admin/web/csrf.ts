import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Vault } from '../../vault.ts';
import { readCookie, setCookie } from './cookies.ts';
import { sessionOf } from './session-of.ts';

/**
 * The token that every form on this page carries. It belongs to the session; before the login it is derived, with this server's own
 * secret, from a cookie that the first page sets.
 */
export function csrfTokenFor(req: Request, res: Response, vault: Vault): string {
  const session = sessionOf(res);
  if (session) return session.csrfToken;
  let visit = readCookie(req, 'chatello_visit');
  if (visit === undefined || !/^[\w-]{22}$/.test(visit)) {
    visit = randomBytes(16).toString('base64url');
    setCookie(res, 'chatello_visit', visit);
  }
  return tokenOfVisit(vault, visit);
}

/** Lets a form through that this server itself gave to this very session. Throws FORM_EXPIRED. */
export function checkCsrf(vault: Vault): RequestHandler {
  return (req, res, next) => {
    const site = req.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new AppError('FORM_EXPIRED', 'This form was sent from another site.');
    const visit = readCookie(req, 'chatello_visit');
    const expected = sessionOf(res)?.csrfToken ?? (visit === undefined ? undefined : tokenOfVisit(vault, visit));
    const sent = (req.body as Record<string, unknown> | undefined)?.['_csrf'];
    if (expected === undefined || typeof sent !== 'string' || !isSame(expected, sent)) throw new AppError('FORM_EXPIRED', 'This form is no longer valid. Go back, load the page again and send it once more.');
    next();
  };
}

function tokenOfVisit(vault: Vault, visit: string): string {
  return vault.digest(`dashboard-visit:${visit}`).toString('base64url');
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
