import { z } from 'zod';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { listCatalogue } from '../plans/list-catalogue.ts';
import { importFields } from './import-fields.rules.ts';
import { importedStatuses, plainValue } from './import-values.rules.ts';
import { guessWords, type FileHead, type Mapping } from './mapping.rules.ts';

const meanings = (what: string) => z.record(z.string().max(200), z.string().max(64)).meta({ description: `Word in the file -> ${what}.` });

/** A mapping as programs and people write it: columns by their names. */
export const mappingShown = z.object({
  kind: z.enum(['licenses', 'customers']),
  columns: z.partialRecord(z.enum(importFields), z.string().max(200)).meta({ description: 'Field -> name of its column.', example: { email: 'Customer Email', key: 'License Key' } }),
  plans: meanings('code of a plan'),
  products: meanings('code of a product'),
  statuses: z.record(z.string().max(200), z.enum(importedStatuses)).meta({ description: 'Word in the file -> status.' }),
  default_plan: z.string().max(64).nullable().meta({ description: 'For lines that name none.', example: 'pro' }),
  default_product: z.string().max(64).nullable().meta({ example: 'chatello' }),
  existing: z.enum(['keep', 'update']).meta({ description: '`update`: what is here already takes over what the file says.' }),
  new_keys: z.boolean().meta({ description: 'Lines without a key get a new one; otherwise they are refused.' }),
  day_first: z.boolean().meta({ description: '31/01/2027 and not 01/31/2027.' }),
});
type Shown = z.infer<typeof mappingShown>;

/** A mapping as it is shown. */
export function mappingRequest(mapping: Mapping, head: FileHead): Shown {
  const columns: Shown['columns'] = {};
  for (const field of importFields) {
    const name = head.columns[mapping.columns[field] ?? -1];
    if (name !== undefined) columns[field] = name;
  }
  const { kind, plan, product, status, existing, newKeys, isDayFirst, defaultPlan = null, defaultProduct = null } = mapping;
  return { kind, columns, plans: plan, products: product, statuses: status, default_plan: defaultPlan, default_product: defaultProduct, existing, new_keys: newKeys, day_first: isDayFirst };
}

/** A mapping from what was asked for, and for the rest from what it would be without. Throws INVALID_REQUEST for a column that the file does not have. */
export async function mappingFrom(db: Db, asked: { [Part in keyof Shown]?: Shown[Part] | undefined }, head: FileHead, otherwise: Mapping): Promise<Mapping> {
  const columns: Mapping['columns'] = asked.columns === undefined ? otherwise.columns : {};
  for (const field of importFields) {
    const name = asked.columns?.[field];
    if (name === undefined) continue;
    const index = head.columns.findIndex((column) => plainValue(column) === plainValue(name));
    if (index === -1) throw new AppError('INVALID_REQUEST', `body.columns.${field}: the file has no column "${name}"; it has ${head.columns.join(', ')}`, { field: `body.columns.${field}` });
    columns[field] = index;
  }
  const plainKeys = <Meaning>(record: Record<string, Meaning>) => Object.fromEntries(Object.entries(record).map(([word, meaning]) => [plainValue(word), meaning]));
  const { defaultPlan, defaultProduct, ...rest } = otherwise;
  const plan = asked.default_plan === undefined ? defaultPlan : (asked.default_plan ?? undefined);
  const product = asked.default_product === undefined ? defaultProduct : (asked.default_product ?? undefined);
  const mapping: Mapping = {
    ...rest, columns,
    kind: asked.kind ?? rest.kind, existing: asked.existing ?? rest.existing, newKeys: asked.new_keys ?? rest.newKeys, isDayFirst: asked.day_first ?? rest.isDayFirst,
    plan: { ...rest.plan, ...plainKeys(asked.plans ?? {}) }, product: { ...rest.product, ...plainKeys(asked.products ?? {}) }, status: { ...rest.status, ...plainKeys(asked.statuses ?? {}) },
    ...(plan === undefined ? {} : { defaultPlan: plan }), ...(product === undefined ? {} : { defaultProduct: product }),
  };
  return { ...mapping, ...guessWords(head, mapping, await listCatalogue(db)) };
}
