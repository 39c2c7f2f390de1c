import { z } from 'zod';
import { having } from './conditions.store.ts';
import { count, countOrNull, currencyShape, idShape, iso, isoOrNull, providerShape, text, textOrNull, time, timeOrNull, wordFilter } from './record.rules.ts';
import type { Records } from './records.ts';

const archivedShape = timeOrNull.meta({ description: 'Since when it is not offered any more; null: it is offered.' });
const productItem = z.object({ id: idShape, code: text.meta({ example: 'chatello' }), name: text, archived_at: archivedShape, created_at: time, updated_at: time }).meta({ id: 'ProductRecord' });
const noFilters = {};

export const productRecords: Records<'products', typeof noFilters, typeof productItem> = {
  table: 'products', name: 'products', what: 'product', operations: { list: 'listProducts', read: 'readProduct' }, tag: 'Products', scope: 'products.read',
  item: productItem, filters: noFilters, sorts: { created_at: 'products.created_at', code: 'products.code' },
  select: (db) => db.selectFrom('products'),
  load: async (db, ids) => (await db.selectFrom('products').selectAll().where('id', 'in', ids).execute()).map(({ id, code, name, archived_at, created_at, updated_at }) => ({ id, code, name, archived_at: isoOrNull(archived_at), created_at: iso(created_at), updated_at: iso(updated_at) })),
};

const planItem = z
  .object({
    id: idShape, code: text.meta({ example: 'pro' }), name: text, ai_proxy: z.boolean(), max_sites: count, max_staging_sites: count, monthly_requests: count, hourly_requests: count, monthly_price_cents: count, yearly_price_cents: count, currency: currencyShape,
    features: z.array(text), modules: z.array(z.object({ code: text, max_version: textOrNull })).meta({ description: 'The same with the newest version of each that is covered; null: every version.' }), position: count, quotas: z.unknown().meta({ description: 'Further limits; null: none.' }), allowed_models: z.array(text).nullable().meta({ description: 'Null: every model.' }), max_input_tokens: countOrNull, max_output_tokens: countOrNull, own_keys_use_quota: z.boolean(),
    archived_at: archivedShape, created_at: time, updated_at: time,
  })
  .meta({ id: 'PlanRecord' });
const texts = z.array(z.string());
const versions = z.record(z.string(), z.string());

function modulesOf({ features, feature_versions: bounds }: { features: string; feature_versions: string | null }): { code: string; max_version: string | null }[] {
  const known = bounds === null ? {} : versions.parse(JSON.parse(bounds));
  return texts.parse(JSON.parse(features)).map((code) => ({ code, max_version: known[code] ?? null }));
}

export const planRecords: Records<'plans', typeof noFilters, typeof planItem> = {
  table: 'plans', name: 'plans', what: 'plan', operations: { list: 'listPlans', read: 'readPlan' }, tag: 'Products', scope: 'plans.read',
  item: planItem, filters: noFilters, sorts: { created_at: 'plans.created_at', position: 'plans.position' },
  select: (db) => db.selectFrom('plans'),
  load: async (db, ids) =>
    (await db.selectFrom('plans').selectAll().where('id', 'in', ids).execute()).map((plan) => ({
      id: plan.id, code: plan.code, name: plan.name, ai_proxy: plan.ai_proxy === 1, max_sites: plan.max_sites, max_staging_sites: plan.max_staging_sites, monthly_requests: plan.monthly_requests, hourly_requests: plan.hourly_requests,
      monthly_price_cents: plan.monthly_price_cents, yearly_price_cents: plan.yearly_price_cents, currency: plan.currency, features: texts.parse(JSON.parse(plan.features)), modules: modulesOf(plan), position: plan.position,
      quotas: plan.quotas === null ? null : (JSON.parse(plan.quotas) as unknown), allowed_models: plan.allowed_models === null ? null : texts.parse(JSON.parse(plan.allowed_models)), max_input_tokens: plan.max_input_tokens, max_output_tokens: plan.max_output_tokens,
      own_keys_use_quota: plan.own_keys_use_quota === 1, archived_at: isoOrNull(plan.archived_at), created_at: iso(plan.created_at), updated_at: iso(plan.updated_at),
    })),
};

const mappingFilters = { provider: wordFilter('Only those of this shop.', 'paddle') };
const mappingItem = z
  .object({ id: idShape, provider: providerShape, external_id: text.meta({ description: 'The product or price in the shop.' }), plan: textOrNull.meta({ description: 'Null: it is sold without a licence.' }), product: textOrNull, months: countOrNull.meta({ description: 'Null: for ever.' }), created_at: time, updated_at: time })
  .meta({ id: 'ProductMappingRecord' });

export const productMappingRecords: Records<'product_mappings', typeof mappingFilters, typeof mappingItem> = {
  table: 'product_mappings', name: 'product-mappings', what: 'product mapping', operations: { list: 'listProductMappings', read: 'readProductMapping' }, tag: 'Products', scope: 'products.read',
  item: mappingItem, filters: mappingFilters, sorts: { created_at: 'product_mappings.created_at' },
  select: (db, { provider }) => having(db.selectFrom('product_mappings'), 'product_mappings.provider', provider),
  load: async (db, ids) =>
    (
      await db
        .selectFrom('product_mappings')
        .leftJoin('plans', 'plans.id', 'product_mappings.plan_id')
        .leftJoin('products', 'products.id', 'product_mappings.product_id')
        .selectAll('product_mappings')
        .select(['plans.code as plan', 'products.code as product'])
        .where('product_mappings.id', 'in', ids)
        .execute()
    ).map(({ id, provider, external_id, plan, product, months, created_at, updated_at }) => ({ id, provider, external_id, plan, product, months, created_at: iso(created_at), updated_at: iso(updated_at) })),
};

const moduleItem = z.object({ id: idShape, code: text.meta({ example: 'assistant' }), name: text, description: textOrNull, position: count, archived_at: archivedShape, created_at: time, updated_at: time }).meta({ id: 'ModuleRecord' });

export const moduleRecords: Records<'modules', typeof noFilters, typeof moduleItem> = {
  table: 'modules', name: 'modules', what: 'module', operations: { list: 'listModules', read: 'readModule' }, tag: 'Products', scope: 'products.read',
  item: moduleItem, filters: noFilters, sorts: { created_at: 'modules.created_at', position: 'modules.position' },
  select: (db) => db.selectFrom('modules'),
  load: async (db, ids) => (await db.selectFrom('modules').selectAll().where('id', 'in', ids).execute()).map(({ id, code, name, description, position, archived_at, created_at, updated_at }) => ({ id, code, name, description, position, archived_at: isoOrNull(archived_at), created_at: iso(created_at), updated_at: iso(updated_at) })),
};
