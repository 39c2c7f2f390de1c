import { z } from 'zod';
import { providerNames } from '../../billing/billing-events.ts';
import { listUnmapped } from '../../billing/list-unmapped.store.ts';
import { mapProduct } from '../../billing/map-product.ts';
import { replayWaiting } from '../../billing/replay-waiting.ts';
import { getMapping, unmapProduct } from '../../billing/unmap-product.ts';
import type { Deps } from '../../deps.ts';
import { getPlanById } from '../../plans/get-plan.ts';
import { listOfferedPlans, listOfferedProducts } from '../../plans/plans.store.ts';
import { listMappings } from '../products-list.store.ts';
import { page, parseForm, requiredText, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const noLicense = 'none';

/** What the products of the shops are to us; first those that purchases wait for. */
export function mappingPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/mappings', 'products.read', async ({ query, role, t }) => {
      const replayed = /^\d{1,6}$/.test(query['replayed'] ?? '') ? Number(query['replayed']) : undefined;
      const done = query['done'] === 'removed' ? t('mappings.removed') : query['done'] !== 'mapped' ? undefined : replayed ? t('mappings.done_replayed', { count: replayed }) : t('mappings.done');
      return { view: 'mappings', title: t('nav.mappings'), data: { unmapped: await listUnmapped(db), rows: await listMappings(db), canWrite: role === 'superadmin', done } };
    }),

    page('get', '/mappings/edit', 'products.write', async (context) => {
      const { query } = context;
      const known = (await listMappings(db)).find(({ provider, external_id: id }) => provider === query['provider'] && id === query['external_id']);
      const form = known
        ? { provider: known.provider, external_id: known.external_id, plan: known.plan ?? noLicense, duration: known.months === null ? 'perpetual' : 'months', months: String(known.months ?? 12), product: known.product ?? '' }
        : { provider: query['provider'] ?? '', external_id: query['external_id'] ?? '', plan: '', duration: 'months', months: '12', product: '' };
      return mappingForm(deps, context, form);
    }),

    page('post', '/mappings/edit', 'products.write', async (context) => {
      const { form, by, t } = context;
      const parsed = parseForm(await formSchema(deps), form, t);
      if (!parsed.ok) return mappingForm(deps, context, form, parsed.errors);
      const { provider, external_id: externalId, plan, months, product } = parsed.data;
      await mapProduct(db, { provider, externalId, plan: plan === noLicense ? null : plan, months: plan === noLicense ? null : months, product: product === '' ? undefined : product }, by, now());
      const replayed = await replayWaiting(db, provider, externalId, by, now());
      return { redirect: `/mappings?done=mapped&replayed=${replayed}` };
    }),

    page('get', '/mappings/:id/remove', 'products.write', async ({ params, t }) => {
      const mapping = await getMapping(db, params['id'] ?? '');
      const plan = mapping.plan_id === null ? undefined : (await getPlanById(db, mapping.plan_id)).name;
      return { view: 'mapping-remove', title: t('mappings.remove_title'), data: { mapping, plan } };
    }),

    page('post', '/mappings/:id/remove', 'products.write', async ({ params, by }) => {
      await unmapProduct(db, params['id'] ?? '', by, now());
      return { redirect: '/mappings?done=removed' };
    }),
  ];
}

async function formSchema({ db }: Pick<Deps, 'db'>) {
  const plans = (await listOfferedPlans(db)).map(({ code }) => code);
  const products = (await listOfferedProducts(db)).map(({ code }) => code);
  return z
    .object({
      provider: z.enum(providerNames, 'mappings.error_provider'),
      external_id: requiredText(190),
      plan: z.string({ error: 'error.plan' }).refine((code) => code === noLicense || plans.includes(code), 'error.plan'),
      duration: z.enum(['months', 'perpetual'], 'error.required').default('months'),
      months: z.string().trim().default(''),
      product: z.string().default('').refine((code) => code === '' || products.includes(code), 'mappings.error_product'),
    })
    .transform((form, ctx) => {
      if (form.plan === noLicense || form.duration === 'perpetual') return { ...form, months: null };
      const months = /^\d{1,3}$/.test(form.months) ? Number(form.months) : 0;
      if (months < 1 || months > 120) ctx.addIssue({ code: 'custom', message: 'error.months', path: ['months'] });
      return { ...form, months };
    });
}

async function mappingForm({ db }: Deps, { t }: SignedInContext, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const waiting = (await listUnmapped(db)).find((product) => product.provider === form['provider'] && product.external_product === form['external_id']);
  const data = {
    form, errors, waiting,
    providers: providerNames.map((code) => ({ code, isCurrent: code === form['provider'] })),
    plans: (await listOfferedPlans(db)).map(({ code, name, max_sites, monthly_requests }) => ({ code, name, max_sites, monthly_requests, isCurrent: code === form['plan'] })),
    products: (await listOfferedProducts(db)).map(({ code, name }) => ({ code, name, isCurrent: code === form['product'] })),
    isNoLicense: form['plan'] === noLicense,
    isPerpetual: form['duration'] === 'perpetual',
  };
  return { view: 'mapping-form', title: t('mappings.form_title'), status: errors ? 422 : 200, data };
}
