import type { RequestHandler, Response } from 'express';
import { findAccountSession } from '../../account/account-sessions.ts';
import { readSiteCookie } from '../../account/web/site-cookies.ts';
import { may, type Role } from '../../access/access.rules.ts';
import type { Deps } from '../../deps.ts';
import { withSettings } from '../../settings/with-settings.ts';
import { isDoorOf } from '../../users/log-in.ts';
import { sessionStage, type SessionStage } from '../../users/session-stage.rules.ts';
import { findSession, type Session } from '../../users/sessions.ts';
import { clearCookie, readCookie } from './cookies.ts';
import { addressUnder, mountOf } from './mount.ts';

/** Who is signed in on this request, as loadSession found it. */
export function sessionOf(res: Response): Session | undefined {
  return res.locals['session'] as Session | undefined;
}

/** Of whom an authenticator app is required now, as loadSession found it. */
export function rolesWithApp(res: Response): readonly Role[] {
  return (res.locals['rolesWithApp'] as Role[] | undefined) ?? [];
}

/** Finds the session of the cookie, for everything that follows. At the portal a buyer who came by a link is signed in as customer. */
export function loadSession(deps: Pick<Deps, 'db' | 'config' | 'now'>): RequestHandler {
  const { db, config, now } = deps;
  return async (req, res, next) => {
    const { door } = mountOf(res);
    const token = readCookie(req, 'chatello_session');
    if (token !== undefined) {
      const session = await findSession(db, token, now());
      if (session && isDoorOf(door, session.user.role)) res.locals['session'] = session;
      else clearCookie(res, 'chatello_session');
    }
    const link = door === 'portal' && !sessionOf(res) ? readSiteCookie(req, config, 'chatello_account') : undefined;
    if (link !== undefined) {
      const buyer = await findAccountSession(db, link, now());
      if (buyer) res.locals['session'] = sessionOfBuyer(buyer);
    }
    if (sessionOf(res)) res.locals['rolesWithApp'] = (await withSettings(deps)).config.REQUIRE_TOTP;
    next();
  };
}

/** A buyer has no account with a password; the session is the one of /account. */
function sessionOfBuyer({ id, csrfToken, customer: { id: customerId, email, name } }: { id: Uint8Array; csrfToken: string; customer: { id: string; email: string; name: string } }): Session {
  return { id, csrfToken, awaitsCode: false, user: { id: undefined, email, name, mustChangePassword: false, hasTotp: false, role: 'customer', scope: { kind: 'customer', customerId } } };
}

/** Sends whoever is not signed in to the login, and back afterwards. */
export const requireSession: RequestHandler = (req, res, next) => {
  if (sessionOf(res)) return next();
  const isPage = req.method === 'GET' && req.path !== '/';
  res.redirect(303, addressUnder(isPage ? `/login?next=${encodeURIComponent(req.url)}` : '/login', mountOf(res)));
};

const nextStep: Record<Exclude<SessionStage, 'whole'>, string> = { code: '/login/code', password: '/password', 'two-factor': '/two-factor' };

/** How far somebody has come in signing in; undefined for a stranger. */
export function stageOf(res: Response): SessionStage | undefined {
  const session = sessionOf(res);
  return session && sessionStage({ awaitsCode: session.awaitsCode, ...session.user }, rolesWithApp(res));
}

/** Nothing that follows opens at these stages: they have a step of their own before. */
export function requireBeyond(...stages: Exclude<SessionStage, 'whole'>[]): RequestHandler {
  return (_req, res, next) => {
    const at = stages.find((stage) => stage === stageOf(res));
    if (at === undefined) next();
    else res.redirect(303, addressUnder(nextStep[at], mountOf(res)));
  };
}

/** Whoever may not see the overview begins with the licences. */
export const startPage: RequestHandler = (req, res, next) => {
  const session = sessionOf(res);
  if (!session || may(session.user.role, 'overview.read')) next();
  // With the question, in which stands what has just been done.
  else res.redirect(303, addressUnder(`/licenses${/\?.*$/.exec(req.url)?.[0] ?? ''}`, mountOf(res)));
};
