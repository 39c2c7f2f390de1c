import { z } from 'zod';
import { may } from '../../access/access.rules.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { changeOrganization, createOrganization, disableOrganization, enableOrganization, getOrganization, highestQuota, longestName } from '../../organizations/manage-organization.ts';
import { findOrganization, type Organization } from '../../organizations/organizations.store.ts';
import { asKind, kindsBelow, managesPath, organizationKinds, type Manager } from '../../users/manager.ts';
import { listAudit } from '../lists.store.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import { listAssignedCustomers, listChildren, listTree, listUsers } from '../users-list.store.ts';
import { page, parseForm, requiredText, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const doneTexts = ['created', 'saved', 'disabled', 'enabled', 'moved'] as const;
const quotaField = z
  .string()
  .trim()
  .optional()
  .transform((text = '', ctx) => {
    if (text === '') return null;
    const quota = /^\d{1,10}$/.test(text) ? Number(text) : highestQuota + 1;
    if (quota <= highestQuota) return quota;
    ctx.addIssue({ code: 'custom', message: 'error.whole_number' });
    return z.NEVER;
  });
const changeForm = z.object({ name: requiredText(longestName), quota: quotaField });

/** The tree of resellers, sub-companies and agents. */
export function organizationPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/organizations', 'organizations.read', async (context) => {
      const { scope, query, t } = context;
      const { nodes, next } = await listTree(db, scope, (query['after'] ?? '').slice(0, 190));
      const top = scope.kind === 'organization' ? depthOf(scope.path) : 1;
      const data = {
        nodes: nodes.map((node) => ({ ...readable(node), depth: depthOf(node.path) - top })),
        next: next && addressOf('/organizations', { after: next }),
        mayAdd: addableBelow(context, undefined).length > 0,
        own: scope.kind === 'organization' ? scope.id : undefined,
      };
      return { view: 'organizations', title: t('nav.organizations'), data };
    }),

    page('get', '/organizations/new', 'organizations.write', (context) => newPage(deps, context, context.query['parent'] ?? '', {})),

    page('post', '/organizations/new', 'organizations.write', async (context) => {
      const { form, by, t } = context;
      const parent = form['parent'] ?? '';
      const parsed = parseForm(changeForm.extend({ kind: z.enum(organizationKinds, 'error.required') }), form, t);
      if (!parsed.ok) return newPage(deps, context, parent, form, parsed.errors);
      const { id } = await transact(db, (trx) => createOrganization(trx, { ...parsed.data, parentId: parent === '' ? null : parent }, managerOf(context), by, now()));
      return { redirect: `/organizations/${id}?done=created` };
    }),

    page('get', '/organizations/:id', 'organizations.read', (context) => organizationPage(deps, context)),

    page('post', '/organizations/:id', 'organizations.write', async (context) => {
      const { params, form, by, t } = context;
      const parsed = parseForm(changeForm, form, t);
      if (!parsed.ok) return organizationPage(deps, context, parsed.errors);
      const { id } = await transact(db, (trx) => changeOrganization(trx, params['id'] ?? '', parsed.data, managerOf(context), by, now()));
      return { redirect: `/organizations/${id}?done=saved` };
    }),

    page('get', '/organizations/:id/disable', 'organizations.write', async ({ scope, params, t }) => {
      const organization = await getOrganization(db, scope, params['id'] ?? '');
      return { view: 'organization-disable', title: t('organizations.disable_title', { name: organization.name }), data: { organization: readable(organization) } };
    }),

    page('post', '/organizations/:id/disable', 'organizations.write', async (context) => {
      const id = context.params['id'] ?? '';
      await transact(db, (trx) => disableOrganization(trx, id, managerOf(context), context.by, now()));
      return { redirect: `/organizations/${id}?done=disabled` };
    }),

    page('post', '/organizations/:id/enable', 'organizations.write', async (context) => {
      const id = context.params['id'] ?? '';
      await transact(db, (trx) => enableOrganization(trx, id, managerOf(context), context.by, now()));
      return { redirect: `/organizations/${id}?done=enabled` };
    }),
  ];
}

function managerOf({ role, scope }: SignedInContext): Manager {
  return { role, scope };
}

/** The kinds that whoever looks may add below a node; none for who only reads. */
function addableBelow({ role, scope }: SignedInContext, parent: Organization | undefined): string[] {
  if (role === 'support') return [];
  return parent === undefined && scope.kind !== 'all' ? [] : kindsBelow(parent && asKind(parent.kind));
}

async function newPage({ db }: Deps, context: SignedInContext, parentId: string, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const { scope, t } = context;
  // Without a node in the address, the own one: whoever is not the operator adds nothing at the top.
  const under = parentId === '' && scope.kind === 'organization' ? scope.id : parentId;
  const parent = under === '' ? undefined : await getOrganization(db, scope, under);
  const kinds = addableBelow(context, parent);
  const chosen = form['kind'] ?? kinds[0];
  const data = { form, errors, parent: parent && { id: parent.id, name: parent.name }, kinds: kinds.map((code) => ({ code, isCurrent: code === chosen })), longestName };
  return { view: 'organization-new', title: t('organizations.new'), status: errors ? 422 : 200, data };
}

async function organizationPage({ db }: Deps, context: SignedInContext, errors?: Record<string, string>): Promise<Answer> {
  const { scope, role, params, query, form, t } = context;
  const organization = await getOrganization(db, scope, params['id'] ?? '');
  const mayChange = role !== 'support' && managesPath(managerOf(context), organization.path);
  const customers = await listAssignedCustomers(db, organization.id, pageRequest(query));
  const done = doneTexts.find((code) => code === query['done']);
  const data = {
    organization: readable(organization),
    parent: organization.parent_id === null ? undefined : await findOrganization(db, scope, organization.parent_id),
    mayChange,
    mayMove: mayChange && organization.parent_id !== null,
    mayInvite: mayChange && organization.disabled_at === null,
    addable: organization.disabled_at === null ? addableBelow(context, organization) : [],
    users: (await listUsers(db, scope, { organizationId: organization.id }, {})).rows.map((user) => ({ ...user, status: user.disabled_at !== null ? 'disabled' : user.invited_at !== null ? 'invited' : 'enabled' })),
    children: (await listChildren(db, organization.id)).map(readable),
    customers: customers.rows,
    links: pageLinks(`/organizations/${organization.id}`, {}, customers),
    audit: may(role, 'audit.read') ? (await listAudit(db, { entity: 'organization', entityId: organization.id }, {})).rows : [],
    form: errors ? form : { name: organization.name, quota: organization.license_quota === null ? '' : String(organization.license_quota) },
    longestName,
    errors,
    done: done && t(`organizations.done_${done}`),
  };
  return { view: 'organization', title: organization.name, status: errors ? 422 : 200, data };
}

function depthOf(path: string): number {
  return path.split('/').length - 2;
}

function readable(organization: Organization): Organization & { status: string; isFull: boolean } {
  const { license_quota: quota, licenses_used: used } = organization;
  return { ...organization, status: organization.disabled_at === null ? 'enabled' : 'disabled', isFull: quota !== null && used >= quota };
}
