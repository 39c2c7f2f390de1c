import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { findUser } from '../users.store.ts';
import { changePassword, maxPasswordLength, minPasswordLength } from '../change-password.ts';
import { verifyPassword } from '../password.ts';
import { deleteSession } from '../sessions.store.ts';
import { clearCookie, setCookie } from '../web/cookies.ts';
import { page, parseForm, type Page } from '../web/page.ts';

const typed = z.string({ error: 'error.required' });
const passwords = z
  .object({
    current: typed.min(1, 'error.required').max(1_000, 'error.too_long'),
    password: typed.min(minPasswordLength, 'error.password_short').max(maxPasswordLength, 'error.too_long'),
    repeated: typed,
  })
  .refine(({ password, repeated }) => password === repeated, { path: ['repeated'], error: 'error.password_differs', when: () => true })
  .refine(({ password, current }) => password !== current, { path: ['password'], error: 'error.password_same' });

/** The own account: password and sign-out. Open before the one-time password has been replaced, too. */
export function accountPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/password', 'own-account', async ({ t, session }) => ({ view: 'password', title: t('password.title'), data: { isForced: session.user.mustChangePassword, minLength: minPasswordLength } })),

    page('post', '/password', 'own-account', async ({ form, client, session, by, res, t }) => {
      const { id, mustChangePassword } = session.user;
      const again = (errors: Record<string, string>) => ({ view: 'password', title: t('password.title'), status: 422, data: { isForced: mustChangePassword, minLength: minPasswordLength, errors } });
      const parsed = parseForm(passwords, form, t);
      if (!parsed.ok) return again(parsed.errors);
      const user = await findUser(db, id);
      if (!user || !(await verifyPassword(user.password_hash, parsed.data.current))) return again({ current: t('error.password_wrong') });
      setCookie(res, 'chatello_session', await changePassword(db, id, parsed.data.password, client, by, now()));
      return { redirect: '/?done=password-changed' };
    }),

    page('post', '/logout', 'own-account', async ({ session, res }) => {
      await deleteSession(db, session.id);
      clearCookie(res, 'chatello_session');
      return { redirect: '/login?done=signed-out' };
    }),
  ];
}
