import { z } from 'zod';
import { emailAddress, personText } from '../customers/customer.rules.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { userRecords } from '../records/people.records.ts';
import { currentRecord } from '../records/records.ts';
import { changeUser, getManagedUser, type UserChange } from './change-user.ts';
import { assertManages, inviteAgain, inviteUser } from './invite-user.ts';
import type { Manager } from './manager.ts';

const tag = 'People';
const scope = 'users.write';
const params = idParams('user');
const place = z.string().max(64).meta({ description: '`superadmin` or `support` for the operator’s own people (only with a token that holds `admin`), or the id of an organisation, whose kind is the role.', example: 'support' });
const language = z.enum(['en', 'it']).default('en').meta({ description: 'Language of the e-mail.' });

/** Everybody who can sign in. Reading is in records/. */
export function userRoutes(deps: Deps): Route[] {
  const { config } = deps;
  const current = currentRecord(deps, userRecords);
  const answer = { 200: { description: 'The account as it is now.', schema: userRecords.item } };
  const changed = (name: string, operationId: string, summary: string, change: UserChange) =>
    adminWrite(deps, { method: 'post', path: `/api/v1/users/:id/${name}`, operationId, tag, scope, summary, params, responses: answer, errors: ['CONFLICT'] }, async ({ params: { id }, caller, trx, at }) => {
      await changeUser(trx, id, change, managerOf(caller), caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    });

  return [
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/users', operationId: 'inviteUser', tag, scope, summary: 'Invite somebody', description: 'An e-mail goes to the address, with a link that works once, for seven days, and asks for a password.', body: z.object({ email: emailAddress, name: personText, place, language }), responses: { 201: { description: 'The account, which waits for its first sign-in.', schema: userRecords.item } }, errors: ['CONFLICT', 'NOT_FOUND'] },
      async ({ body: { email, name, place: where, language: locale }, caller, trx, at }) => {
        const { id } = await inviteUser(trx, config, { email, name, place: where, locale }, managerOf(caller), caller.by, at);
        return { status: 201, body: await current.read(trx, { id }, caller) };
      },
    ),
    adminWrite(
      deps,
      { method: 'put', path: '/api/v1/users/:id', operationId: 'changeUser', tag, scope, summary: 'Change the name of an account', params, body: z.object({ name: personText }), responses: answer, current },
      async ({ params: { id }, body: { name }, caller, trx, at }) => {
        await changeUser(trx, id, { type: 'name', name }, managerOf(caller), caller.by, at);
        return { body: await current.read(trx, { id }, caller) };
      },
    ),
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/users/:id/move', operationId: 'moveUser', tag, scope, summary: 'Give an account another role or organisation', description: 'It is signed out everywhere.', params, body: z.object({ place }), responses: answer, errors: ['CONFLICT'] },
      async ({ params: { id }, body, caller, trx, at }) => {
        await changeUser(trx, id, { type: 'place', place: body.place }, managerOf(caller), caller.by, at);
        return { body: await current.read(trx, { id }, caller) };
      },
    ),
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/users/:id/invite', operationId: 'inviteUserAgain', tag, scope, summary: 'Send an invitation again', params, body: z.object({ language }), responses: answer, errors: ['CONFLICT'] },
      async ({ params: { id }, body, caller, trx, at }) => {
        assertManages(managerOf(caller), await getManagedUser(trx, caller.scope, id));
        await inviteAgain(trx, config, id, body.language, caller.by, at);
        return { body: await current.read(trx, { id }, caller) };
      },
    ),
    changed('disable', 'disableUser', 'Disable an account and sign it out everywhere', { type: 'disable' }),
    changed('enable', 'enableUser', 'Enable an account again', { type: 'enable' }),
    changed('reset-totp', 'resetTotp', 'Take the authenticator app of an account away', { type: 'reset-totp' }),
    changed('end-sessions', 'endSessions', 'Sign an account out everywhere', { type: 'end-sessions' }),
  ];
}

/** What the holder of a token manages. Only a token that may do everything adds people who may. */
function managerOf({ scope: reach, scopes }: ApiCaller): Manager {
  return { role: scopes.includes('admin') ? 'superadmin' : 'reseller', scope: reach };
}
