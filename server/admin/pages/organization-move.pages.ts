import { z } from 'zod';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { assertManaged, getOrganization } from '../../organizations/manage-organization.ts';
import { moveOrganization, previewMove, problemOfPlace, type MovePreview } from '../../organizations/move-organization.ts';
import { asKind, kindsAbove } from '../../users/manager.ts';
import { listPlaces } from '../users-list.store.ts';
import { page, parseForm, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const reasonLength = 255;
const moveForm = z.object({ parent: z.string({ error: 'error.required' }).min(1, 'error.required').max(64), reason: textField(reasonLength) });

/** An organisation under another parent: first where to, then what that means, then the move. */
export function organizationMovePages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/organizations/:id/move', 'organizations.write', (context) => movePage(deps, context, context.query)),

    page('post', '/organizations/:id/move', 'organizations.write', async (context) => {
      const { params, form, by, t } = context;
      const parsed = parseForm(moveForm, { reason: '', ...form }, t);
      if (!parsed.ok) return movePage(deps, context, form, parsed.errors);
      const { parent, reason } = parsed.data;
      try {
        const { id } = await transact(db, (trx) => moveOrganization(trx, params['id'] ?? '', parent, context, by, now(), reason || undefined));
        return { redirect: `/organizations/${id}?done=moved` };
      } catch (error) {
        if (!(error instanceof AppError && error.field === 'body.parent_id' && error.status < 500)) throw error;
        return movePage(deps, context, form, { parent: await problemOfMove(deps, context, parent, error) });
      }
    }),
  ];
}

async function movePage({ db }: Deps, context: SignedInContext, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const { scope, params, t } = context;
  const organization = await getOrganization(db, scope, params['id'] ?? '');
  assertManaged(context, organization);
  const places = await listPlaces(db, scope, kindsAbove(asKind(organization.kind)));
  const fitting = places.filter((place) => place.id !== organization.parent_id && problemOfPlace(organization, place) === undefined);
  const chosen = fitting.find(({ id }) => id === form['parent']);
  const preview = chosen && (await previewMove(db, organization.id, chosen.id, context));
  const from = organization.parent_id === null ? undefined : places.find(({ id }) => id === organization.parent_id);
  const data = {
    organization,
    from,
    places: fitting.map(({ id, name, kind }) => ({ value: id, text: `${name} (${t(`role.${kind}`)})`, isCurrent: id === chosen?.id })),
    isTop: asKind(organization.kind) === 'reseller',
    preview: preview && { ...preview, isFull: fullOf(preview) !== undefined },
    form,
    errors: errors ?? (preview ? fullText(context, preview) : undefined),
    reasonLength,
    isReasonRequired: false,
  };
  return { view: 'organization-move', title: t('organizations.move_title', { name: organization.name }), status: errors ? 422 : 200, data };
}

function fullOf({ entered }: MovePreview): MovePreview['entered'][number] | undefined {
  return entered.find(({ isFull }) => isFull);
}

function fullText({ t }: SignedInContext, preview: MovePreview): Record<string, string> | undefined {
  const full = fullOf(preview);
  return full && { parent: t('organizations.move_full', { name: full.name, left: full.room ?? 0, count: preview.organization.licenses_used }) };
}

async function problemOfMove({ db }: Deps, context: SignedInContext, parentId: string, error: AppError): Promise<string> {
  const { t, params } = context;
  if (error.code === 'CONFLICT') return t('organizations.move_closed');
  if (error.code !== 'LICENSE_QUOTA_EXHAUSTED') return t('organizations.move_nowhere');
  const preview = await previewMove(db, params['id'] ?? '', parentId, context);
  return fullText(context, preview)?.['parent'] ?? t('problem.LICENSE_QUOTA_EXHAUSTED.text');
}
