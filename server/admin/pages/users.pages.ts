import { z } from 'zod';
import { may, passwordRoles } from '../../access/access.rules.ts';
import { emailAddress } from '../../customers/customer.rules.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { changeUser, getManagedUser, type UserChange } from '../../users/change-user.ts';
import { inviteAgain, inviteUser, isAddressTaken } from '../../users/invite-user.ts';
import type { ManagedUser } from '../../users/manage-users.store.ts';
import { handleOf, listSessions } from '../../users/sessions.ts';
import { invitationDays } from '../../users/user-links.ts';
import { managesPath, managesUser, type Manager } from '../../users/manager.ts';
import { listAudit } from '../lists.store.ts';
import { pageLinks, pageRequest } from '../paging.store.ts';
import { listPlaces, listUsers } from '../users-list.store.ts';
import { locales } from '../web/locale.ts';
import { page, parseForm, requiredText, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const nameLength = 200;
const doneTexts = ['invited', 'saved', 'disabled', 'enabled', 'totp-reset', 'signed-out', 'moved'] as const;
const confirmed = ['disable', 'reset-totp'] as const;

/** Who may sign in: invitations, roles and organisations, sessions. */
export function userPages(deps: Deps): Page[] {
  const { db, config, now } = deps;
  const change = async (context: SignedInContext, what: UserChange, done: (typeof doneTexts)[number]): Promise<Answer> => {
    const id = context.params['id'] ?? '';
    await transact(db, (trx) => changeUser(trx, id, what, managerOf(context), context.by, now()));
    return { redirect: `/users/${id}?done=${done}` };
  };
  return [
    page('get', '/users', 'users.write', async ({ scope, query, t }) => {
      const q = (query['q'] ?? '').slice(0, 320).trim();
      const found = await listUsers(db, scope, { text: q }, pageRequest(query));
      return { view: 'users', title: t('nav.users'), data: { ...found, rows: found.rows.map(readable), q, links: pageLinks('/users', { q }, found) } };
    }),

    page('get', '/users/new', 'users.write', async (context) => invitationForm(deps, context, { place: context.query['organization'] ?? '', language: context.locale })),

    page('post', '/users/new', 'users.write', async (context) => {
      const { form, by, t } = context;
      const places = (await placesFor(deps, context)).map(({ value }) => value);
      const parsed = parseForm(inviteForm(places), form, t);
      if (!parsed.ok) return invitationForm(deps, context, form, parsed.errors);
      const { email, name, place, language } = parsed.data;
      if (await isAddressTaken(db, email)) return invitationForm(deps, context, form, { email: t('users.error_taken') });
      const user = await transact(db, (trx) => inviteUser(trx, config, { email, name, place, locale: language }, managerOf(context), by, now()));
      return { redirect: `/users/${user.id}?done=invited` };
    }),

    page('get', '/users/:id', 'users.write', (context) => userPage(deps, context)),

    page('post', '/users/:id', 'users.write', async (context) => {
      const parsed = parseForm(z.object({ name: requiredText(nameLength) }), context.form, context.t);
      return parsed.ok ? change(context, { type: 'name', name: parsed.data.name }, 'saved') : userPage(deps, context, parsed.errors);
    }),

    page('post', '/users/:id/place', 'users.write', async (context) => {
      const places = (await placesFor(deps, context)).map(({ value }) => value);
      const parsed = parseForm(z.object({ place: z.string({ error: 'error.required' }).refine((place) => places.includes(place), 'users.error_place') }), context.form, context.t);
      if (!parsed.ok) return userPage(deps, context, parsed.errors);
      return change(context, { type: 'place', place: parsed.data.place }, 'moved');
    }),

    page('post', '/users/:id/invite', 'users.write', async (context) => {
      const { scope, params, by, locale } = context;
      const user = await getManagedUser(db, scope, params['id'] ?? '');
      if (!managesUser(managerOf(context), user)) throw new AppError('FORBIDDEN', 'Your account may not do this.');
      await transact(db, (trx) => inviteAgain(trx, config, user.id, locale, by, now()));
      return { redirect: `/users/${user.id}?done=invited` };
    }),

    ...confirmed.flatMap((action) => [
      page('get', `/users/:id/${action}`, 'users.write', async ({ scope, params, t }) => {
        const account = readable(await getManagedUser(db, scope, params['id'] ?? ''));
        return { view: 'user-action', title: t(`users.${action}_title`, { name: account.name }), data: { account, action } };
      }),
      page('post', `/users/:id/${action}`, 'users.write', (context) => change(context, { type: action }, action === 'disable' ? 'disabled' : 'totp-reset')),
    ]),

    page('post', '/users/:id/enable', 'users.write', (context) => change(context, { type: 'enable' }, 'enabled')),
    page('post', '/users/:id/sessions/end', 'users.write', (context) => change(context, { type: 'end-sessions' }, 'signed-out')),
    page('post', '/users/:id/sessions/:handle/end', 'users.write', (context) => change(context, { type: 'end-session', handle: context.params['handle'] ?? '' }, 'signed-out')),
  ];
}

function managerOf({ role, scope, session }: SignedInContext): Manager & { userId: string | undefined } {
  return { role, scope, userId: session.user.id };
}

function inviteForm(places: string[]) {
  return z.object({
    email: requiredText(320).refine((text) => text === '' || emailAddress.safeParse(text).success, 'error.email'),
    name: requiredText(nameLength),
    place: z.string({ error: 'error.required' }).refine((place) => places.includes(place), 'users.error_place'),
    language: z.enum(locales, 'error.required'),
  });
}

/** Where somebody may be put by whoever looks: the operator's roles, and organisations with their kind. */
async function placesFor({ db }: Deps, { scope, role, t }: SignedInContext): Promise<{ value: string; text: string }[]> {
  const manager = { role, scope };
  const own = role === 'superadmin' ? (['support', 'superadmin'] as const).map((value) => ({ value, text: t(`role.${value}`) })) : [];
  const organizations = (await listPlaces(db, scope)).filter(({ path }) => managesPath(manager, path));
  return [...own, ...organizations.map(({ id, name, kind }) => ({ value: id, text: `${name} (${t(`role.${kind}`)})` }))];
}

async function invitationForm(deps: Deps, context: SignedInContext, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const places = (await placesFor(deps, context)).map((place) => ({ ...place, isCurrent: place.value === form['place'] }));
  return { view: 'user-new', title: context.t('users.invite'), status: errors ? 422 : 200, data: { form, errors, places, nameLength, definitions: rolesExplained(context), days: invitationDays, languages: locales.map((code) => ({ code, isCurrent: code === form['language'] })) } };
}

/** What each role may do that whoever looks may give. */
function rolesExplained({ role, t }: SignedInContext): { term: string; text: string }[] {
  const given = role === 'superadmin' ? passwordRoles : passwordRoles.slice(passwordRoles.indexOf(role === 'reseller' ? 'reseller' : 'sub_company') + 1);
  return given.map((code) => ({ term: t(`role.${code}`), text: t(`role_text.${code}`) }));
}

async function userPage(deps: Deps, context: SignedInContext, errors?: Record<string, string>): Promise<Answer> {
  const { db, now } = deps;
  const { scope, role, params, query, form, session, t } = context;
  const user = await getManagedUser(db, scope, params['id'] ?? '');
  const isOwn = user.id === session.user.id;
  const mayChange = managesUser(managerOf(context), user);
  const here = user.organization_id ?? user.role;
  const done = doneTexts.find((code) => code === query['done']);
  const data = {
    account: readable(user),
    isOwn,
    mayChange,
    definitions: mayChange && !isOwn ? rolesExplained(context) : [],
    places: mayChange && !isOwn ? (await placesFor(deps, context)).map((place) => ({ ...place, isCurrent: place.value === here })) : [],
    sessions: mayChange ? (await listSessions(db, user.id, now())).map((each) => ({ ...each, isThis: each.handle === handleOf(session.id) })) : [],
    audit: may(role, 'audit.read') ? (await listAudit(db, { entity: 'user', entityId: user.id }, {})).rows : [],
    name: errors ? form['name'] : user.name,
    nameLength,
    errors,
    done: done && t(`users.done_${done}`),
  };
  return { view: 'user', title: user.name, status: errors ? 422 : 200, data };
}

function readable(user: ManagedUser): ManagedUser & { status: string } {
  return { ...user, status: user.disabled_at !== null ? 'disabled' : user.invited_at !== null ? 'invited' : 'enabled' };
}
