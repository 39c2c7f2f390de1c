import { z } from 'zod';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { changeLicense } from '../../licenses/change-license.ts';
import { statusAt } from '../../licenses/license-status.rules.ts';
import { listActivations } from '../../licenses/licenses.store.ts';
import { placeView } from '../../licenses/place-view.ts';
import { releaseActivation } from '../../licenses/release-activation.ts';
import { availableActions, licenseActions, permissionFor, type LicenseAction } from '../license-actions.rules.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { page, parseForm, requiredText, textField, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const reasonLength = 255;

/** Changes to a licence: first a page that says what will happen, then the change. */
export function licenseActionPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    ...licenseActions.flatMap((action) => [
      page('get', `/licenses/:id/${action}`, permissionFor(action), async (context) => confirmation(deps, context, action)),

      page('post', `/licenses/:id/${action}`, permissionFor(action), async (context) => {
        const { scope, params, form, by, t } = context;
        const id = params['id'] ?? '';
        const schema = z.object({ reason: isReasonRequired(action) ? requiredText(reasonLength) : textField(reasonLength) });
        const parsed = parseForm(schema, { reason: '', ...form }, t);
        if (!parsed.ok) return { ...(await confirmation(deps, context, action)), status: 422 };
        const { reason } = parsed.data;
        await transact(db, async (trx) => {
          const found = (await findLicenseDetail(trx, scope, id)) ?? pageNotFound();
          // Sent twice: the change is in force already, and the second time says so too.
          if (!availableActions(found.license).includes(action) && statusAt(found.license, now()) !== resultOf[action]) throw notPossible();
          await changeLicense(trx, id, action === 'reactivate' || action === 'confirm' ? { type: action, reason: reason === '' ? undefined : reason } : { type: action, reason }, by, now());
        });
        return { redirect: `/licenses/${id}?done=${action}` };
      }),
    ]),

    page('get', '/licenses/:id/sites/:site/release', 'sites.release', async ({ scope, params, t }) => {
      const { license, customer } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      const place = (await listActivations(db, license.id)).find(({ id }) => id === params['site']) ?? pageNotFound();
      const shown = placeView(place);
      const data = { id: license.id, ending: license.key_hint, customer, place: shown, isLocked: place.site !== null && license.domain_lock === place.site };
      return { view: 'release-site', title: t('release.title', { site: shown.display }), data };
    }),

    page('post', '/licenses/:id/sites/:site/release', 'sites.release', async ({ scope, params, by }) => {
      const { license } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      const place = (await listActivations(db, license.id)).find(({ id }) => id === params['site']);
      if (place) await releaseActivation(db, place, by, now());
      return { redirect: `/licenses/${license.id}?done=released` };
    }),

    page('post', '/licenses/:id/unlock', 'licenses.write', async ({ scope, params, by }) => {
      const { license } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      await transact(db, (trx) => changeLicense(trx, license.id, { type: 'unlock-domain' }, by, now()));
      return { redirect: `/licenses/${license.id}?done=unlocked` };
    }),
  ];
}

const resultOf: Record<LicenseAction, string> = { suspend: 'suspended', reactivate: 'active', confirm: 'active', cancel: 'cancelled', revoke: 'cancelled' };

function isReasonRequired(action: LicenseAction): boolean {
  return action !== 'reactivate' && action !== 'confirm';
}

function notPossible(): AppError {
  return new AppError('CONFLICT', 'This cannot be done to a licence in this state.');
}

/** Says what the change does to this licence and asks for the reason. */
async function confirmation({ db, now }: Deps, { scope, params, form, req, t }: SignedInContext, action: LicenseAction): Promise<{ view: string; title: string; data: Record<string, unknown> }> {
  const { license, customer, plan } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
  if (req.method === 'GET' && !availableActions(license).includes(action)) throw notPossible();
  const sites = (await listActivations(db, license.id)).length;
  const errors = req.method === 'POST' ? { reason: t((form['reason'] ?? '').trim() === '' ? 'error.required' : 'error.too_long') } : {};
  return {
    view: 'license-action',
    title: t(`action.${action}.title`, { ending: license.key_hint }),
    data: { id: license.id, ending: license.key_hint, action, customer, plan: plan.name, sites, status: statusAt(license, now()), isReasonRequired: isReasonRequired(action), reasonLength, form, errors },
  };
}
