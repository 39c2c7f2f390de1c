import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { getHead, getImport, mappingOf } from '../../imports/get-import.ts';
import { customerFields, guessSource, importFields, licenseFields, valueFields, type ImportField } from '../../imports/import-fields.rules.ts';
import { importedStatuses, type ImportedStatus } from '../../imports/import-values.rules.ts';
import { findEarlierImport, type Import } from '../../imports/imports.store.ts';
import { guessWords, wordsOf, type FileHead, type Mapping } from '../../imports/mapping.rules.ts';
import { checkImport, saveMapping } from '../../imports/steer-import.ts';
import { listCatalogue } from '../../plans/list-catalogue.ts';
import { page, type Answer, type Page } from '../web/page.ts';
import { hasText, type Translate } from '../web/locale.ts';

/** The two steps between a file and its dry run: what its columns are, and what its words mean. */
export function importSteps(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  const load = async (id: string) => {
    const row = await getImport(db, id);
    const head = await getHead(db, vault, row.id);
    return { row, head, mapping: await mappingOf(db, row, head), catalogue: await listCatalogue(db) };
  };
  return [
    page('get', '/imports/:id/mapping', 'import.write', async ({ params, t }) => {
      const { row, head, mapping } = await load(params['id'] ?? '');
      return columnsPage(t, row, head, mapping, { earlier: await findEarlierImport(db, row) });
    }),

    page('post', '/imports/:id/mapping', 'import.write', async ({ params, form, t }) => {
      const { row, head, mapping, catalogue } = await load(params['id'] ?? '');
      const chosen: Mapping = { ...mapping, kind: form['kind'] === 'customers' ? 'customers' : 'licenses', columns: columnsOf(form, head) };
      const errors = columnErrors(chosen, t);
      if (Object.keys(errors).length > 0) return columnsPage(t, row, head, chosen, { errors }, 422);
      await saveMapping(db, row.id, { ...chosen, ...guessWords(head, chosen, catalogue) }, now());
      return { redirect: `/imports/${row.id}/values` };
    }),

    page('get', '/imports/:id/values', 'import.write', async ({ params, t }) => {
      const { row, head, mapping, catalogue } = await load(params['id'] ?? '');
      return wordsPage(t, row, head, mapping, catalogue);
    }),

    page('post', '/imports/:id/values', 'import.write', async ({ params, form, by, t }) => {
      const { row, head, mapping, catalogue } = await load(params['id'] ?? '');
      const chosen = decided(form, head, mapping);
      try {
        await checkImport(db, row.id, chosen, head, by, now());
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') throw error;
        return wordsPage(t, row, head, chosen, catalogue, { [(error.field ?? '').replace('body.', '')]: t(`imports.mapping.${error.detail ?? ''}`) }, 422);
      }
      return { redirect: `/imports/${row.id}` };
    }),
  ];
}

function columnsOf(form: Record<string, string>, head: FileHead): Mapping['columns'] {
  const columns: Mapping['columns'] = {};
  for (const field of importFields) {
    const text = form[`column_${field}`] ?? '';
    if (/^\d{1,3}$/.test(text) && Number(text) < head.columns.length) columns[field] = Number(text);
  }
  return columns;
}

function columnErrors({ kind, columns, newKeys }: Mapping, t: Translate): Record<string, string> {
  const errors: Record<string, string> = {};
  if (columns.email === undefined) errors['email'] = t('imports.mapping.column_missing');
  if (kind === 'licenses' && columns.key === undefined && columns.plan === undefined && columns.expires === undefined && !newKeys) errors['key'] = t('imports.mapping.license_column_missing');
  for (const [field, column] of Object.entries(columns)) {
    if (Object.entries(columns).some(([other, index]) => other !== field && index === column)) errors[field] = t('imports.mapping.column_twice');
  }
  return errors;
}

function columnsPage(t: Translate, row: Import, head: FileHead, mapping: Mapping, more: { errors?: Record<string, string>; earlier?: unknown }, status = 200): Answer {
  const keyColumn = mapping.columns.key;
  const field = (name: ImportField) => {
    const column = mapping.columns[name];
    return { name, error: more.errors?.[name], isRequired: name === 'email', hint: hasText(`imports.hint.${name}`) ? t(`imports.hint.${name}`) : undefined, options: head.columns.map((label, index) => ({ index, label, isSelected: index === column })) };
  };
  const masked = (cell: string, index: number) => (index === keyColumn && cell.length > 4 ? `…${cell.slice(-4)}` : cell);
  return {
    view: 'import-mapping', title: t('imports.columns_title'), status,
    data: {
      row, kind: mapping.kind, ...more, source: guessSource(head.columns), columns: head.columns,
      customerFields: customerFields.map(field), licenseFields: licenseFields.map(field),
      sample: head.sample.map((cells) => head.columns.map((_, index) => masked(cells[index] ?? '', index))),
    },
  };
}

/** The decisions of the second form. A word left open is not decided: it means what it says. */
function decided(form: Record<string, string>, head: FileHead, mapping: Mapping): Mapping {
  const meanings = (field: (typeof valueFields)[number]) => {
    const found: Record<string, string> = {};
    for (const [index, word] of (wordsOf(head, mapping, field) ?? []).entries()) {
      const meaning = form[`${field}_${index}`] ?? '';
      if (meaning !== '') found[word] = meaning.slice(0, 64);
    }
    return found;
  };
  const isStatus = (entry: [string, string]): entry is [string, ImportedStatus] => importedStatuses.some((status) => status === entry[1]);
  const { defaultPlan: _plan, defaultProduct: _product, ...rest } = mapping;
  return {
    ...rest,
    plan: meanings('plan'), product: meanings('product'), status: Object.fromEntries(Object.entries(meanings('status')).filter(isStatus)),
    ...(form['default_plan'] ? { defaultPlan: form['default_plan'].slice(0, 64) } : {}),
    ...(form['default_product'] ? { defaultProduct: form['default_product'].slice(0, 64) } : {}),
    existing: form['existing'] === 'update' ? 'update' : 'keep', newKeys: form['new_keys'] === 'yes', isDayFirst: form['dates'] !== 'month-first',
  };
}

function wordsPage(t: Translate, row: Import, head: FileHead, mapping: Mapping, { plans, products }: Awaited<ReturnType<typeof listCatalogue>>, errors: Record<string, string> = {}, status = 200): Answer {
  const choices = { plan: plans.map(({ code, name }) => ({ code, label: name })), product: products.map(({ code, name }) => ({ code, label: name })), status: importedStatuses.map((code) => ({ code, label: t(`status.${code}`) })) };
  const groups = valueFields.map((name) => {
    const words = wordsOf(head, mapping, name);
    const meanings: Record<string, string> = mapping[name];
    return {
      name, error: errors[name], hasColumn: mapping.columns[name] !== undefined, isTooMany: mapping.columns[name] !== undefined && words === undefined,
      words: words?.map((word, index) => ({ word, field: `${name}_${index}`, options: choices[name].map((choice) => ({ ...choice, isSelected: meanings[word] === choice.code })) })),
    };
  });
  const defaults = (things: { code: string; label: string }[], chosen: string | undefined) => things.map((choice) => ({ ...choice, isSelected: choice.code === chosen }));
  return {
    view: 'import-values', title: t('imports.values_title'), status,
    data: {
      row, mapping, errors, isOfLicenses: mapping.kind === 'licenses', hasKey: mapping.columns.key !== undefined, hasDates: mapping.columns.expires !== undefined || mapping.columns.created !== undefined,
      groups: mapping.kind === 'licenses' ? groups.filter(({ words, isTooMany, error }) => (words?.length ?? 0) > 0 || isTooMany || error !== undefined) : [],
      defaultPlans: defaults(choices.plan, mapping.defaultPlan), defaultProducts: products.length > 1 ? defaults(choices.product, mapping.defaultProduct) : undefined,
    },
  };
}
