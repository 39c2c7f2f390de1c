import { z } from 'zod';
import { endAccountSession } from '../../account/account-sessions.ts';
import { clearSiteCookie, readSiteCookie } from '../../account/web/site-cookies.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { changePassword } from '../../users/change-password.ts';
import { endOtherSessions, endOwnSession } from '../../users/own-sessions.ts';
import { maxPasswordLength, minPasswordLength, passwordProblem } from '../../users/password-policy.ts';
import { verifyPassword } from '../../users/password.ts';
import { deleteSession } from '../../users/sessions.store.ts';
import { handleOf, listSessions } from '../../users/sessions.ts';
import { findUser } from '../../users/users.store.ts';
import { clearCookie, setCookie } from '../web/cookies.ts';
import { page, parseForm, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const typed = z.string({ error: 'error.required' });
const passwords = z
  .object({
    current: typed.min(1, 'error.required').max(1_000, 'error.too_long'),
    password: typed.min(minPasswordLength, 'error.password_short').max(maxPasswordLength, 'error.too_long'),
    repeated: typed,
  })
  .refine(({ password, repeated }) => password === repeated, { path: ['repeated'], error: 'error.password_differs', when: () => true })
  .refine(({ password, current }) => password !== current, { path: ['password'], error: 'error.password_same' });

/** The own account: password, sessions and sign-out. Open before the one-time password has been replaced, too. */
export function accountPages({ db, config, now }: Deps): Page[] {
  return [
    page('get', '/password', 'own-account', async ({ t, session }) => {
      ownId(session);
      return { view: 'password', title: t('password.title'), data: { isForced: session.user.mustChangePassword, minLength: minPasswordLength } };
    }),

    page('post', '/password', 'own-account', async ({ form, client, session, by, res, t }) => {
      const { mustChangePassword, email, name } = session.user;
      const id = ownId(session);
      const again = (errors: Record<string, string>) => ({ view: 'password', title: t('password.title'), status: 422, data: { isForced: mustChangePassword, minLength: minPasswordLength, errors } });
      const parsed = parseForm(passwords, form, t);
      if (!parsed.ok) return again(parsed.errors);
      const user = await findUser(db, id);
      if (!user || !(await verifyPassword(user.password_hash, parsed.data.current))) return again({ current: t('error.password_wrong') });
      const problem = await passwordProblem(parsed.data.password, [email, name]);
      if (problem !== undefined) return again({ password: t(problem) });
      setCookie(res, 'chatello_session', await changePassword(db, id, parsed.data.password, client, by, now()));
      return { redirect: '/?done=password-changed' };
    }),

    page('get', '/sessions', 'own-account', async ({ session, query, t }) => {
      const sessions = (await listSessions(db, ownId(session), now())).map((each) => ({ ...each, isThis: each.handle === handleOf(session.id) }));
      return { view: 'sessions', title: t('sessions.title'), data: { sessions, hasOthers: sessions.length > 1, done: query['done'] === 'ended' ? t('sessions.ended') : undefined } };
    }),

    page('post', '/sessions/end-others', 'own-account', async ({ session, by }) => {
      await transact(db, (trx) => endOtherSessions(trx, ownId(session), session.id, by, now()));
      return { redirect: '/sessions?done=ended' };
    }),

    page('post', '/sessions/:handle/end', 'own-account', async ({ session, params, by }) => {
      await transact(db, (trx) => endOwnSession(trx, ownId(session), params['handle'] ?? '', by, now()));
      return { redirect: '/sessions?done=ended' };
    }),

    page('post', '/logout', 'own-account', async ({ session, req, res }) => {
      if (session.user.id === undefined) {
        const token = readSiteCookie(req, config, 'chatello_account');
        if (token !== undefined) await endAccountSession(db, token);
        clearSiteCookie(req, res, config, 'chatello_account');
        return { redirect: '/account/sign-in?done=signed-out' };
      }
      await deleteSession(db, session.id);
      clearCookie(res, 'chatello_session');
      return { redirect: '/login?done=signed-out' };
    }),
  ];
}

/** A buyer who came by a link has no account here. */
export function ownId({ user: { id } }: SignedInContext['session']): string {
  return id ?? pageNotFound();
}
