import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { archiveModule, changeModule, createModule, getModule } from '../../plans/change-module.ts';
import { archiveProduct, changeProduct, createProduct } from '../../plans/change-product.ts';
import { defaultProductCode, getProduct } from '../../plans/get-plan.ts';
import { listModules, listPlanModules } from '../../plans/modules.store.ts';
import { listPlans, listProducts } from '../../plans/plans.store.ts';
import { codeField } from '../plan-form.ts';
import { countedUpTo, countLicensesOfModule } from '../products-list.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page } from '../web/page.ts';
import type { Translate } from '../web/locale.ts';

const productFields = z.object({ name: requiredText(120) });
const moduleFields = z.object({ name: requiredText(120), description: textField(500).default('') });
const doneTexts = ['product-added', 'product-saved', 'product-archived', 'product-restored', 'module-added', 'module-saved', 'module-archived', 'module-restored'];

/** What is licensed (products), and what a licence can allow (modules). */
export function productPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/products', 'products.read', async ({ query, role, t }) => {
      const plans = new Map((await listPlans(db)).map(({ id, name }) => [id, name]));
      const links = await listPlanModules(db);
      const modules = (await listModules(db)).map((module) => ({
        ...module,
        isArchived: module.archived_at !== null,
        plans: links.filter(({ module_id: id }) => id === module.id).map(({ plan_id: id, max_version: version }) => `${plans.get(id) ?? ''}${version === null ? '' : ` (≤ ${version})`}`),
      }));
      const products = (await listProducts(db)).map((product) => ({ ...product, isArchived: product.archived_at !== null }));
      const done = doneTexts.find((code) => code === query['done']);
      return { view: 'products', title: t('nav.products'), data: { products, modules, canWrite: role === 'superadmin', done: done && t(`products.done.${done}`) } };
    }),

    page('get', '/products/new', 'products.write', async ({ t }) => ({ view: 'product-form', title: t('products.new'), data: { form: {}, action: '/products/new' } })),

    page('post', '/products/new', 'products.write', async ({ form, by, t }) => {
      const parsed = parseForm(productFields.extend({ code: codeField }), form, t);
      const again = (errors: Record<string, string>): Answer => ({ view: 'product-form', title: t('products.new'), status: 422, data: { form, errors, action: '/products/new' } });
      if (!parsed.ok) return again(parsed.errors);
      return takenOr(t, again, async () => {
        await createProduct(db, parsed.data, by, now());
        return { redirect: '/products?done=product-added' };
      });
    }),

    page('get', '/products/:code', 'products.write', async ({ params, t }) => {
      const product = await getProduct(db, params['code'] ?? '');
      return { view: 'product-form', title: t('products.edit', { name: product.name }), data: { form: product, product, isDefault: product.code === defaultProductCode, isArchived: product.archived_at !== null, action: `/products/${product.code}` } };
    }),

    page('post', '/products/:code', 'products.write', async ({ params, form, by, t }) => {
      const product = await getProduct(db, params['code'] ?? '');
      const parsed = parseForm(productFields, form, t);
      if (!parsed.ok) return { view: 'product-form', title: t('products.edit', { name: product.name }), status: 422, data: { form, errors: parsed.errors, product, isDefault: product.code === defaultProductCode, action: `/products/${product.code}` } };
      await changeProduct(db, product.code, parsed.data, by, now());
      return { redirect: '/products?done=product-saved' };
    }),

    page('post', '/products/:code/archive', 'products.write', async ({ params, form, by }) => {
      const isArchived = form['restore'] === undefined;
      await archiveProduct(db, params['code'] ?? '', isArchived, by, now());
      return { redirect: `/products?done=${isArchived ? 'product-archived' : 'product-restored'}` };
    }),

    page('get', '/modules/new', 'products.write', async ({ t }) => ({ view: 'module-form', title: t('modules.new'), data: { form: {}, action: '/modules/new' } })),

    page('post', '/modules/new', 'products.write', async ({ form, by, t }) => {
      const parsed = parseForm(moduleFields.extend({ code: codeField }), form, t);
      const again = (errors: Record<string, string>): Answer => ({ view: 'module-form', title: t('modules.new'), status: 422, data: { form, errors, action: '/modules/new' } });
      if (!parsed.ok) return again(parsed.errors);
      const { code, name, description } = parsed.data;
      return takenOr(t, again, async () => {
        await createModule(db, code, { name, description: description === '' ? null : description }, by, now());
        return { redirect: '/products?done=module-added' };
      });
    }),

    page('get', '/modules/:code', 'products.write', async ({ params, t }) => {
      const module = await getModule(db, params['code'] ?? '');
      const licenses = await countLicensesOfModule(db, module.id);
      const plans = (await listPlanModules(db)).filter(({ module_id: id }) => id === module.id).length;
      return { view: 'module-form', title: t('modules.edit', { name: module.name }), data: { form: module, module, plans, licenses, isMore: licenses >= countedUpTo, isArchived: module.archived_at !== null, action: `/modules/${module.code}` } };
    }),

    page('post', '/modules/:code', 'products.write', async ({ params, form, by, t }) => {
      const module = await getModule(db, params['code'] ?? '');
      const parsed = parseForm(moduleFields, form, t);
      if (!parsed.ok) return { view: 'module-form', title: t('modules.edit', { name: module.name }), status: 422, data: { form, errors: parsed.errors, module, action: `/modules/${module.code}` } };
      const { name, description } = parsed.data;
      await changeModule(db, module.code, { name, description: description === '' ? null : description }, by, now());
      return { redirect: '/products?done=module-saved' };
    }),

    page('post', '/modules/:code/archive', 'products.write', async ({ params, form, by }) => {
      const isArchived = form['restore'] === undefined;
      await archiveModule(db, params['code'] ?? '', isArchived, by, now());
      return { redirect: `/products?done=${isArchived ? 'module-archived' : 'module-restored'}` };
    }),
  ];
}

/** Shows the form again when the code is taken. */
async function takenOr(t: Translate, again: (errors: Record<string, string>) => Answer, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFLICT') return again({ code: t('plan_edit.error_taken') });
    throw error;
  }
}
