import type { RequestHandler, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { findSession, type Session } from '../sessions.ts';
import { clearCookie, readCookie } from './cookies.ts';

/** Who is signed in on this request, as loadSession found it. */
export function sessionOf(res: Response): Session | undefined {
  return res.locals['session'] as Session | undefined;
}

/** Finds the session of the cookie, for everything that follows. */
export function loadSession({ db, now }: Pick<Deps, 'db' | 'now'>): RequestHandler {
  return async (req, res, next) => {
    const token = readCookie(req, 'chatello_session');
    if (token !== undefined) {
      const session = await findSession(db, token, now());
      if (session) res.locals['session'] = session;
      else clearCookie(res, 'chatello_session');
    }
    next();
  };
}

/** Sends whoever is not signed in to the login, and back afterwards. */
export const requireSession: RequestHandler = (req, res, next) => {
  if (sessionOf(res)) return next();
  const isPage = req.method === 'GET' && req.path !== '/';
  res.redirect(303, isPage ? `/login?next=${encodeURIComponent(req.originalUrl)}` : '/login');
};

/** Nothing else opens before the one-time password has been replaced. */
export const requireOwnPassword: RequestHandler = (_req, res, next) => {
  if (sessionOf(res)?.user.mustChangePassword) res.redirect(303, '/password');
  else next();
};
