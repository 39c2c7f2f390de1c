import { renderSVG } from 'uqr';
import { z } from 'zod';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { verifyPassword } from '../../users/password.ts';
import { beginTotp, confirmTotp, recoveryCodesLeft, removeTotp, renewRecoveryCodes } from '../../users/totp.ts';
import { findUser } from '../../users/users.store.ts';
import { page, parseForm, requiredText, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { rolesWithApp } from '../web/session-of.ts';
import { pageNotFound } from '../web/shell.ts';
import { ownId } from './account.pages.ts';

const codeForm = z.object({ code: requiredText(40) });
const passwordForm = z.object({ password: z.string({ error: 'error.required' }).min(1, 'error.required').max(1_000, 'error.too_long') });

/** The authenticator app of the own account. Open as soon as the password is an own one: where the app is required, nothing else opens before. */
export function twoFactorPages(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  return [
    page('get', '/two-factor', 'own-account', (context) => twoFactorPage(deps, context)),

    page('post', '/two-factor/confirm', 'own-account', async (context) => {
      const { form, session, by, t } = context;
      const parsed = parseForm(codeForm, form, t);
      if (!parsed.ok) return twoFactorPage(deps, context, parsed.errors);
      const codes = await confirmTotp(db, vault, ownId(session), parsed.data.code, by, now());
      return codes ? recoveryPage(context, codes) : twoFactorPage(deps, context, { code: t('code.refused') });
    }),

    page('post', '/two-factor/recovery-codes', 'own-account', async (context) => {
      const { form, session, by, t } = context;
      const parsed = parseForm(codeForm, form, t);
      if (!parsed.ok) return twoFactorPage(deps, context, parsed.errors);
      const codes = await renewRecoveryCodes(db, vault, ownId(session), parsed.data.code, by, now());
      return codes ? recoveryPage(context, codes) : twoFactorPage(deps, context, { code: t('code.refused') });
    }),

    page('post', '/two-factor/remove', 'own-account', async (context) => {
      const { form, session, by, t } = context;
      const parsed = parseForm(passwordForm, form, t);
      if (!parsed.ok) return twoFactorPage(deps, context, parsed.errors);
      const user = (await findUser(db, ownId(session))) ?? pageNotFound();
      if (!(await verifyPassword(user.password_hash, parsed.data.password))) return twoFactorPage(deps, context, { password: t('error.password_wrong') });
      await transact(db, (trx) => removeTotp(trx, user.id, by, now()));
      return { redirect: '/two-factor?done=removed' };
    }),
  ];
}

async function twoFactorPage({ db, vault, now }: Deps, { session, query, res, t }: SignedInContext, errors?: Record<string, string>): Promise<Answer> {
  const user = (await findUser(db, ownId(session))) ?? pageNotFound();
  const isOn = user.totp_confirmed_at !== null;
  const isRequired = rolesWithApp(res).includes(session.user.role);
  const setUp = isOn ? undefined : await beginTotp(db, vault, user.id, now());
  const data = {
    isOn,
    isForced: isRequired && !isOn,
    isRequired,
    since: user.totp_confirmed_at,
    codesLeft: isOn ? await recoveryCodesLeft(db, user.id) : undefined,
    secret: setUp && (setUp.secret.match(/.{1,4}/g) ?? []).join(' '),
    uri: setUp?.uri,
    // As an image of its own, because the drawing sets styles that the page's policy refuses.
    qr: setUp && `data:image/svg+xml;base64,${Buffer.from(renderSVG(setUp.uri, { border: 2 })).toString('base64')}`,
    errors,
    done: query['done'] === 'removed' ? t('two_factor.removed') : undefined,
  };
  return { view: 'two-factor', title: t('two_factor.title'), status: errors ? 422 : 200, data };
}

/** The one page that shows the recovery codes. */
function recoveryPage({ t }: SignedInContext, codes: string[]): Answer {
  return { view: 'recovery-codes', title: t('recovery.title'), data: { codes } };
}
