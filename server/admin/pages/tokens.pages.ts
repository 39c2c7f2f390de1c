import { z } from 'zod';
import { createToken, revokeToken, tokenNameLength } from '../../api-tokens/create-token.ts';
import { apiScopes, isForOrganizations, knownScopes, type ApiScope } from '../../api-tokens/scopes.rules.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { pageLinks, pageRequest } from '../paging.store.ts';
import { findTokenRow, listOrganizationNames, listTokens, type TokenRow } from '../tokens-list.store.ts';
import type { Translate } from '../web/locale.ts';
import { page, parseForm, requiredText, type Answer, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const dayMs = 24 * 60 * 60_000;
const lifetimes = ['30', '90', '365', 'never'] as const;
const scopePrefix = 'scope.';
const organizationsShown = 500;

const tokenForm = z.looseObject({ name: requiredText(tokenNameLength), lifetime: z.enum(lifetimes, 'error.required'), organization: z.string().max(36).optional().default('') }).transform(({ name, lifetime, organization, ...fields }, ctx) => {
  const scopes = chosenScopes(fields);
  if (scopes.length === 0) ctx.addIssue({ code: 'custom', path: ['scopes'], message: 'error.token_scopes' });
  const forbidden = organization === '' ? undefined : scopes.find((scope) => !isForOrganizations(scope));
  if (forbidden !== undefined) ctx.addIssue({ code: 'custom', path: ['scopes'], message: 'error.token_scopes_organization' });
  return { name, lifetime, organizationId: organization === '' ? null : organization, scopes };
});

/** API tokens: what there are, new ones, and their end. */
export function tokenPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/tokens', 'tokens.write', async ({ query, t }) => {
      const found = await listTokens(db, pageRequest(query));
      return { view: 'tokens', title: t('nav.tokens'), data: { ...found, rows: found.rows.map((row) => shown(row, now())), links: pageLinks('/tokens', {}, found), done: query['done'] === 'revoked' ? t('done.token_revoked') : undefined } };
    }),

    page('get', '/tokens/new', 'tokens.write', ({ t }) => formPage(deps, t, { lifetime: '90' })),

    page('post', '/tokens/new', 'tokens.write', async ({ form, by, t }) => {
      const parsed = parseForm(tokenForm, form, t);
      if (!parsed.ok) return formPage(deps, t, form, parsed.errors);
      const { name, lifetime, organizationId, scopes } = parsed.data;
      try {
        const at = now();
        const { token, stored } = await createToken(db, { name, scopes, organizationId, expiresAt: lifetime === 'never' ? null : at + Number(lifetime) * dayMs }, by, at);
        return { view: 'token-created', title: t('tokens.created_title'), data: { key: token, name: stored.name, scopes, expiresAt: stored.expires_at, publicUrl: deps.config.publicUrl } };
      } catch (error) {
        if (!(error instanceof AppError) || error.field === undefined) throw error;
        const field = error.field === 'body.organization_id' ? 'organization' : 'name';
        return formPage(deps, t, form, { [field]: t(field === 'name' ? 'error.token_name_taken' : 'error.token_organization') });
      }
    }),

    page('get', '/tokens/:id/revoke', 'tokens.write', async ({ params, t }) => {
      const row = (await findTokenRow(db, params['id'] ?? '')) ?? pageNotFound();
      return { view: 'token-revoke', title: t('tokens.revoke_title', { name: row.name }), data: { token: shown(row, now()) } };
    }),

    page('post', '/tokens/:id/revoke', 'tokens.write', async ({ params, by }) => {
      await revokeToken(db, params['id'] ?? '', by, now());
      return { redirect: '/tokens?done=revoked' };
    }),
  ];
}

function chosenScopes(fields: Record<string, unknown>): ApiScope[] {
  return apiScopes.filter((scope) => `${scopePrefix}${scope}` in fields);
}

async function formPage({ db }: Deps, t: Translate, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const chosen = chosenScopes(form);
  const areas = [...Map.groupBy(apiScopes.filter((scope) => scope !== 'admin'), (scope) => scope.split('.')[0] ?? '')].map(([area, scopes]) => ({
    area,
    scopes: scopes.map((scope) => ({ scope, name: scopePrefix + scope, right: scope.split('.')[1], isChosen: chosen.includes(scope), isShared: isForOrganizations(scope) })),
  }));
  const organizations = (await listOrganizationNames(db, organizationsShown)).map((row) => ({ ...row, isCurrent: row.id === form['organization'] }));
  const data = { form, errors, areas, isAll: chosen.includes('admin'), organizations, lifetimes: lifetimes.map((code) => ({ code, isCurrent: code === form['lifetime'] })), nameLength: tokenNameLength };
  return { view: 'token-form', title: t('tokens.new'), status: errors ? 422 : 200, data };
}

function shown({ scopes, ...row }: TokenRow, now: number): Omit<TokenRow, 'scopes'> & { scopes: ApiScope[]; status: string; isActive: boolean } {
  const isOver = row.expires_at !== null && row.expires_at <= now;
  const status = row.revoked_at !== null ? 'revoked' : isOver ? 'expired' : 'active';
  return { ...row, scopes: knownScopes(scopes), status, isActive: status === 'active' };
}
