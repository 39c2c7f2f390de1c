import { z } from 'zod';
import { emailAddress } from '../../customers/customer.rules.ts';
import type { Deps } from '../../deps.ts';
import { maxPasswordLength, minPasswordLength, passwordProblem } from '../../users/password-policy.ts';
import { requestPasswordReset } from '../../users/request-password-reset.ts';
import { findLinkOwner, invitationDays, resetMinutes, usePasswordLink } from '../../users/user-links.ts';
import { setCookie } from '../web/cookies.ts';
import { mountOf } from '../web/mount.ts';
import { openPage, parseForm, requiredText, type Answer, type Page, type PageContext } from '../web/page.ts';

const typed = z.string({ error: 'error.required' });
const passwords = z
  .object({ password: typed.min(minPasswordLength, 'error.password_short').max(maxPasswordLength, 'error.too_long'), repeated: typed })
  .refine(({ password, repeated }) => password === repeated, { path: ['repeated'], error: 'error.password_differs', when: () => true });
const emailForm = z.object({ email: requiredText(320).refine((text) => text === '' || text.endsWith('@localhost') || emailAddress.safeParse(text).success, 'error.email') });

/** A password by a link in an e-mail: at the invitation, and when the old one is forgotten. */
export function passwordLinkPages(deps: Deps): Page[] {
  return [
    openPage('get', '/reset-password', async ({ query, t }) => ({ view: 'reset-password', title: t('reset.title'), data: { isSent: query['sent'] === '1', minutes: resetMinutes } })),

    openPage('post', '/reset-password', async ({ form, client, locale, res, t }) => {
      const parsed = parseForm(emailForm, form, t);
      if (!parsed.ok) return { view: 'reset-password', title: t('reset.title'), status: 422, data: { form: { email: form['email'] }, errors: parsed.errors, minutes: resetMinutes } };
      await requestPasswordReset(deps, { email: parsed.data.email, locale, ip: client.ip, door: mountOf(res).door });
      return { redirect: '/reset-password?sent=1' };
    }),

    // Programs that look into mails open links too: opening these uses nothing up.
    openPage('get', '/reset-password/:token', (context) => passwordPage(deps, context, 'reset')),
    openPage('post', '/reset-password/:token', (context) => setPassword(deps, context, 'reset')),
    openPage('get', '/invitation/:token', (context) => passwordPage(deps, context, 'invitation')),
    openPage('post', '/invitation/:token', (context) => setPassword(deps, context, 'invitation')),
  ];
}

async function passwordPage({ db, now }: Deps, { params, res, t }: PageContext, purpose: 'reset' | 'invitation', errors?: Record<string, string>): Promise<Answer> {
  const token = params['token'] ?? '';
  const owner = await findLinkOwner(db, token, purpose, mountOf(res).door, now());
  if (!owner) return deadLink(t, purpose);
  const action = purpose === 'reset' ? `/reset-password/${token}` : `/invitation/${token}`;
  return { view: 'choose-password', title: t(`${purpose}.heading`), status: errors ? 422 : 200, data: { isLive: true, purpose, action, owner: { email: owner.email, name: owner.name }, errors, minLength: minPasswordLength } };
}

async function setPassword(deps: Deps, context: PageContext, purpose: 'reset' | 'invitation'): Promise<Answer> {
  const { db, now } = deps;
  const { params, form, client, res, t } = context;
  const token = params['token'] ?? '';
  const { door } = mountOf(res);
  const owner = await findLinkOwner(db, token, purpose, door, now());
  if (!owner) return deadLink(t, purpose);
  const parsed = parseForm(passwords, form, t);
  if (!parsed.ok) return passwordPage(deps, context, purpose, parsed.errors);
  const problem = await passwordProblem(parsed.data.password, [owner.email, owner.name]);
  if (problem !== undefined) return passwordPage(deps, context, purpose, { password: t(problem) });
  const result = await usePasswordLink(db, token, purpose, door, parsed.data.password, client, now());
  if (!result) return deadLink(t, purpose);
  setCookie(res, 'chatello_session', result.token);
  return { redirect: result.awaitsCode ? '/login/code' : '/' };
}

function deadLink(t: PageContext['t'], purpose: 'reset' | 'invitation'): Answer {
  return { view: 'choose-password', title: t('link.dead'), status: 410, data: { isLive: false, purpose, days: invitationDays, minutes: resetMinutes } };
}
