import { z } from 'zod';
import { findCustomerByEmail } from '../../customers/customers.store.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { changeLicense } from '../../licenses/change-license.ts';
import { extendLicense, type Extension } from '../../licenses/extend-license.ts';
import { versionLimit } from '../../licenses/grant-request.ts';
import { listActivations } from '../../licenses/licenses.store.ts';
import { sendLicenseKey } from '../../people/send-license-key.ts';
import { transferLicense } from '../../people/transfer-license.ts';
import { listOfferedPlans } from '../../plans/plans.store.ts';
import { findLicenseDetail, type LicenseDetail } from '../license-detail.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const reasonLength = 255;
const maxMonths = 120;
const mostSites = 100_000;
const reason = { reason: requiredText(reasonLength) };
const dayMs = 86_400_000;

type Change = {
  name: 'extend' | 'plan' | 'transfer' | 'limits';
  done: string;
  /** The values that the form begins with. */
  begin: (found: LicenseDetail) => Record<string, string>;
  /** Does it; returns what is wrong by field when the form cannot be taken. */
  apply: (context: SignedInContext, found: LicenseDetail) => Promise<Record<string, string> | undefined>;
};

/** Changes of a licence that need more than a reason: time, plan, customer, limits; and its key by e-mail. */
export function licenseChangePages(deps: Deps): Page[] {
  const { db, config, now } = deps;

  const changes: Change[] = [
    {
      name: 'extend', done: 'extended', begin: () => ({ by: 'months', months: '12' }),
      async apply({ form, by, t }, { license }) {
        const parsed = parseForm(extendForm, form, t);
        if (!parsed.ok) return parsed.errors;
        const { by: unit, months = '', until = '', reason: why } = parsed.data;
        // A day counts to its end.
        const extension: Extension = unit === 'months' ? { months: Number(months) } : unit === 'until' ? { until: Date.parse(`${until}T00:00:00Z`) + dayMs - 1 } : { isPerpetual: true };
        try {
          await transact(db, (trx) => extendLicense(trx, license.id, extension, why, by, now()));
        } catch (error) {
          if (error instanceof AppError && error.field === 'body.until') return { until: t('people.error.until') };
          throw error;
        }
      },
    },
    {
      name: 'plan', done: 'plan', begin: ({ plan }) => ({ plan: plan.code }),
      async apply({ form, by, t }, { license }) {
        const plans = await listOfferedPlans(db);
        const parsed = parseForm(z.object({ ...reason, plan: z.string({ error: 'error.required' }).refine((code) => plans.some((plan) => plan.code === code), 'error.plan') }), form, t);
        if (!parsed.ok) return parsed.errors;
        const planId = plans.find(({ code }) => code === parsed.data.plan)?.id ?? '';
        await transact(db, (trx) => changeLicense(trx, license.id, { type: 'change-plan', planId, reason: parsed.data.reason }, by, now()));
      },
    },
    {
      name: 'transfer', done: 'transferred', begin: () => ({}),
      async apply(context, { license }) {
        const parsed = parseForm(z.object({ ...reason, email: requiredText(320) }), context.form, context.t);
        if (!parsed.ok) return parsed.errors;
        const customer = await findCustomerByEmail(db, parsed.data.email);
        try {
          await transact(db, (trx) => transferLicense(trx, config, license.id, { customerId: customer?.id ?? '', reason: parsed.data.reason }, context, now()));
        } catch (error) {
          if (error instanceof AppError && error.code === 'NOT_FOUND') return { email: context.t('people.error.no_customer') };
          throw error;
        }
      },
    },
    {
      name: 'limits', done: 'limits', begin: ({ license }) => ({ max_sites: license.max_sites === null ? '' : String(license.max_sites), max_version: license.max_version ?? '' }),
      async apply({ form, by, t }, { license }) {
        const parsed = parseForm(limitsForm, form, t);
        if (!parsed.ok) return parsed.errors;
        const { max_sites: sites, max_version: version, reason: why } = parsed.data;
        await transact(db, (trx) => changeLicense(trx, license.id, { type: 'set-limits', maxSites: sites === '' ? null : Number(sites), maxVersion: version === '' ? null : version, reason: why }, by, now()));
      },
    },
  ];

  const show = async (context: SignedInContext, found: LicenseDetail, change: Change, errors?: Record<string, string>): Promise<Answer> => {
    const { license, customer, plan } = found;
    const plans = change.name === 'plan' ? (await listOfferedPlans(db)).map((candidate) => ({ ...candidate, isCurrent: candidate.id === plan.id })) : undefined;
    const sites = (await listActivations(db, license.id)).filter(({ is_staging: isStaging }) => isStaging === 0).length;
    const data = { id: license.id, ending: license.key_hint, customer, plan, plans, sites, expiresAt: license.expires_at, followsSubscription: license.subscription_id !== null, change: change.name, form: errors ? context.form : change.begin(found), errors, reasonLength, mostSites, today: new Date(now()).toISOString().slice(0, 10) };
    return { view: 'license-change', title: context.t(`people.change.${change.name}.title`, { ending: license.key_hint }), ...(errors ? { status: 422 } : {}), data };
  };
  const find = async ({ scope, params }: SignedInContext) => (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();

  return [
    ...changes.flatMap((change) => [
      page('get', `/licenses/:id/${change.name}`, 'licenses.write', async (context) => show(context, await find(context), change)),
      page('post', `/licenses/:id/${change.name}`, 'licenses.write', async (context) => {
        const found = await find(context);
        const errors = await change.apply(context, found);
        return errors ? show(context, found, change, errors) : { redirect: `/licenses/${found.license.id}?done=${change.done}` };
      }),
    ]),

    page('post', '/licenses/:id/send-key', 'licenses.write', async (context) => {
      const { license } = await find(context);
      await transact(db, (trx) => sendLicenseKey(trx, config, license.id, { scope: context.scope, by: context.by, cause: newId() }, now()));
      return { redirect: `/licenses/${license.id}?done=key-sent` };
    }),
  ];
}

const extendForm = z
  .object({ ...reason, by: z.enum(['months', 'until', 'perpetual'], 'error.required'), months: z.string().trim().optional(), until: z.string().trim().optional() })
  .refine(({ by, months = '' }) => by !== 'months' || (/^\d{1,3}$/.test(months) && Number(months) >= 1 && Number(months) <= maxMonths), { path: ['months'], error: 'error.months' })
  .refine(({ by, until = '' }) => by !== 'until' || z.iso.date().safeParse(until).success, { path: ['until'], error: 'people.error.until' });

const limitsForm = z.object({
  ...reason,
  max_sites: textField(6).refine((text) => text === '' || (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= mostSites), 'people.error.sites'),
  max_version: textField(32).refine((text) => text === '' || versionLimit.safeParse(text).success, 'people.error.version'),
});
