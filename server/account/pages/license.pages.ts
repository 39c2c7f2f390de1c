import { z } from 'zod';
import { parseForm } from '../../admin/web/page.ts';
import { dollarsOf, microcentsOf } from '../../usage/dollars.rules.ts';
import { changeAiSettings } from '../../ai/settings/change-ai-settings.ts';
import { findAiSettings } from '../../ai/settings/find-ai-settings.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { licenseKeyAad } from '../../licenses/issue-license.ts';
import { placeView } from '../../licenses/place-view.ts';
import { releaseActivation } from '../../licenses/release-activation.ts';
import { statusAt } from '../../licenses/license-status.rules.ts';
import { readUsage } from '../../usage/read-usage.ts';
import { requestsPer } from '../../usage/quota.rules.ts';
import { findOwnLicense, listActivationsOf, type OwnLicense } from '../account.store.ts';
import { resendKey } from '../resend-key.ts';
import { accountPage, type SignedInSiteContext, type SitePage } from '../web/site-page.ts';
import type { SiteView } from '../web/site-shell.ts';

const budgetForm = z.object({ budget: z.string({ error: 'error.required' }).trim().transform((text) => text.replace(',', '.')).refine((text) => text === '' || /^\d{1,6}(\.\d{1,2})?$/.test(text), 'account.error_budget') });
const doneTexts = ['released', 'paused', 'resumed', 'budget', 'sent', 'sent-before'];

/** One licence of the buyer who is signed in, and what its owner may do with it. Somebody else's is not found. */
export function ownLicensePages(deps: Deps): SitePage[] {
  const { db, vault, now } = deps;
  return [
    accountPage('get', '/account/licenses/:id', async (context) => licensePage(deps, context, await ownLicense(deps, context))),

    accountPage('post', '/account/licenses/:id/key', async (context) => {
      const own = await ownLicense(deps, context);
      const key = vault.open({ keyId: own.license.key_id, cipher: own.license.key_cipher }, licenseKeyAad(own.license.id));
      await recordAudit(db, context.by, { action: 'license.key_shown', entity: 'license', entityId: own.license.id }, now());
      return licensePage(deps, context, own, { key });
    }),

    accountPage('post', '/account/licenses/:id/resend', async (context) => {
      const { license } = await ownLicense(deps, context);
      const isNew = await resendKey(deps, license.id, context.customer, context.locale, context.by);
      return { redirect: `/account/licenses/${license.id}?done=${isNew ? 'sent' : 'sent-before'}` };
    }),

    accountPage('get', '/account/licenses/:id/sites/:site/release', async (context) => {
      const { license } = await ownLicense(deps, context);
      const place = (await listActivationsOf(db, license.id)).find(({ id }) => id === context.params['site']);
      if (!place) throw new AppError('NOT_FOUND', 'There is no such site or device.');
      const shown = placeView(place);
      return { view: 'account-release', title: context.t('release.title', { site: shown.display }), data: { id: license.id, ending: license.key_hint, place: shown } };
    }),

    accountPage('post', '/account/licenses/:id/sites/:site/release', async (context) => {
      const { license } = await ownLicense(deps, context);
      const place = (await listActivationsOf(db, license.id)).find(({ id }) => id === context.params['site']);
      if (place) await releaseActivation(db, place, context.by, now());
      return { redirect: `/account/licenses/${license.id}?done=released` };
    }),

    ...(['pause', 'resume'] as const).map((action) =>
      accountPage('post', `/account/licenses/:id/ai/${action}`, async (context) => {
        const { license } = await ownLicense(deps, context, true);
        await transact(db, (trx) => changeAiSettings(trx, vault, license.id, { isPaused: action === 'pause' }, context.by, now()));
        return { redirect: `/account/licenses/${license.id}?done=${action === 'pause' ? 'paused' : 'resumed'}` };
      }),
    ),

    accountPage('post', '/account/licenses/:id/ai/budget', async (context) => {
      const own = await ownLicense(deps, context, true);
      const parsed = parseForm(budgetForm, context.form, context.t);
      if (!parsed.ok) return { ...(await licensePage(deps, context, own, { budgetError: parsed.errors['budget'], budget: context.form['budget'] })), status: 422 };
      const { budget } = parsed.data;
      await transact(db, (trx) => changeAiSettings(trx, vault, own.license.id, { monthlyBudgetMicrocents: budget === '' ? null : microcentsOf(budget) }, context.by, now()));
      return { redirect: `/account/licenses/${own.license.id}?done=budget` };
    }),
  ];
}

/** The licence of the address if it belongs to whoever is signed in. Throws NOT_FOUND for any other, and where the plan has no AI that is needed. */
async function ownLicense({ db }: Deps, { customer, params }: SignedInSiteContext, needsAi = false): Promise<OwnLicense> {
  const own = await findOwnLicense(db, customer.id, params['id'] ?? '');
  if (!own || (needsAi && own.plan.ai_proxy !== 1)) throw new AppError('NOT_FOUND', 'There is no such licence.');
  return own;
}

type Extras = { key?: string; budget?: string | undefined; budgetError?: string | undefined };

async function licensePage({ db, now }: Deps, { query, t }: SignedInSiteContext, { license, plan, product }: OwnLicense, { key, budget, budgetError }: Extras = {}): Promise<SiteView> {
  const at = now();
  const places = await listActivationsOf(db, license.id);
  const hasAi = plan.ai_proxy === 1;
  const settings = await findAiSettings(db, license.id);
  const requests = hasAi ? requestsPer((await readUsage(db, license.id, at)).quota, 'month') : undefined;
  const done = doneTexts.find((candidate) => candidate === query['done']);
  return {
    view: 'account-license',
    title: t('account.license_title', { plan: plan.name, ending: license.key_hint }),
    data: {
      id: license.id,
      ending: license.key_hint,
      key,
      plan: plan.name,
      product,
      status: statusAt(license, at),
      expiresAt: license.expires_at,
      hasExpired: license.expires_at !== null && license.expires_at <= at,
      createdAt: license.created_at,
      places: places.map(placeView),
      sitesUsed: places.filter(({ is_staging: isStaging }) => isStaging === 0).length,
      siteLimit: license.max_sites ?? plan.max_sites,
      hasAi,
      usage: requests && { used: requests.used, limit: requests.limit, resetsAt: requests.resetsAt },
      pausedAt: settings.pausedAt,
      budget: budget ?? (settings.monthlyBudgetMicrocents === null ? '' : dollarsOf(settings.monthlyBudgetMicrocents)),
      budgetError,
      done: done && t(`account.done.${done}`),
    },
  };
}
