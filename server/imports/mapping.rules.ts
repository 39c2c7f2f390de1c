import { z } from 'zod';
import { guessColumns, importFields, type ImportField, type ValueField } from './import-fields.rules.ts';
import { guessStatus, importedStatuses, plainValue } from './import-values.rules.ts';

const words = z.record(z.string().max(200), z.string().max(64));

/** What the columns and words of a file mean. Columns are indexes; the words of a field are as plainValue has them. */
export const mappingSchema = z.object({
  kind: z.enum(['licenses', 'customers']),
  columns: z.partialRecord(z.enum(importFields), z.int().min(0)),
  /** Word -> code of a plan, code of a product, a status. A word that is not here means what it says, if it says something. */
  plan: words,
  product: words,
  status: z.record(z.string().max(200), z.enum(importedStatuses)),
  /** For lines that name none. */
  defaultPlan: z.string().max(64).optional(),
  defaultProduct: z.string().max(64).optional(),
  /** `update`: what is here already takes over what the file says. */
  existing: z.enum(['keep', 'update']),
  /** Lines without a key get a new one; otherwise they are refused. */
  newKeys: z.boolean(),
  /** 31/01/2027 and not 01/31/2027. */
  isDayFirst: z.boolean(),
});
export type Mapping = z.infer<typeof mappingSchema>;

/** The beginning of a file: its columns, a few lines, and the different words of each column, null where there are too many to name. */
export type FileHead = { columns: string[]; sample: string[][]; words: (string[] | null)[] };

type Known = { plans: { code: string; name: string }[]; products: { code: string; name: string }[] };

/** What a file most likely means. `before`: what was decided for a file with the same columns. */
export function guessMapping(head: FileHead, known: Known, before?: Mapping): Mapping {
  const columns = before?.columns ?? guessColumns(head.columns);
  const base: Mapping = before ?? {
    kind: columns.key === undefined && columns.plan === undefined && columns.expires === undefined ? 'customers' : 'licenses',
    columns, plan: {}, product: {}, status: {}, existing: 'keep', newKeys: false, isDayFirst: true,
    ...(known.plans.length === 1 ? { defaultPlan: known.plans[0]?.code } : {}),
    ...(known.products.length === 1 ? { defaultProduct: known.products[0]?.code } : {}),
  };
  return { ...base, ...guessWords(head, base, known) };
}

/** The words of the chosen columns with what they most likely mean; what was decided before stands. */
export function guessWords(head: FileHead, mapping: Mapping, { plans, products }: Known): Pick<Mapping, ValueField> {
  const guess = <Meaning extends string>(field: ValueField, decided: Record<string, Meaning>, meaningOf: (word: string) => Meaning | undefined) => {
    const found = { ...decided };
    for (const word of wordsOf(head, mapping, field) ?? []) {
      const meaning = found[word] ?? meaningOf(word);
      if (meaning !== undefined) found[word] = meaning;
    }
    return found;
  };
  return {
    plan: guess('plan', mapping.plan, (word) => namedIn(word, plans)),
    // Where there is one product, what the other system sells can be nothing else.
    product: guess('product', mapping.product, (word) => namedIn(word, products) ?? (products.length === 1 ? products[0]?.code : undefined)),
    status: guess('status', mapping.status, guessStatus),
  };
}

/** The one whose code or name a word is, or the only one whose code or name stands in it: `chatello pro (yearly)` is pro. */
function namedIn(word: string, things: { code: string; name: string }[]): string | undefined {
  const whole = things.find(({ code, name }) => plainValue(code) === word || plainValue(name) === word);
  const within = things.filter(({ code, name }) => [code, name].some((text) => ` ${plainWords(word)} `.includes(` ${plainWords(text)} `)));
  return whole?.code ?? (within.length === 1 ? within[0]?.code : undefined);
}

function plainWords(text: string): string {
  return plainValue(text).replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

/** The different words of the column of a field, without the empty one; undefined when no column is chosen or there are too many. */
export function wordsOf(head: FileHead, mapping: Pick<Mapping, 'columns'>, field: ImportField): string[] | undefined {
  const column = mapping.columns[field];
  const words = column === undefined ? undefined : head.words[column];
  return words ? [...new Set(words.map(plainValue))].filter((word) => word !== '') : undefined;
}

/** What is missing in a mapping, as the field at fault and a code. */
export function mappingProblem(mapping: Mapping, head: Pick<FileHead, 'columns'>, known: Known): { field: string; code: string } | undefined {
  const { columns, kind, newKeys, defaultPlan, defaultProduct } = mapping;
  if (Object.values(columns).some((column) => column >= head.columns.length)) return { field: 'columns', code: 'column_unknown' };
  if (columns.email === undefined) return { field: 'email', code: 'column_missing' };
  if (new Set(Object.values(columns)).size !== Object.values(columns).length) return { field: 'columns', code: 'column_twice' };
  if (kind === 'customers') return undefined;
  if (columns.key === undefined && !newKeys) return { field: 'key', code: 'key_column_missing' };
  if (columns.plan === undefined && defaultPlan === undefined) return { field: 'default_plan', code: 'plan_missing' };
  const unknown = (codes: (string | undefined)[], things: { code: string }[]) => codes.some((code) => code !== undefined && !things.some((thing) => thing.code === code));
  if (unknown([defaultPlan, ...Object.values(mapping.plan)], known.plans)) return { field: 'plan', code: 'plan_unknown' };
  if (unknown([defaultProduct, ...Object.values(mapping.product)], known.products)) return { field: 'product', code: 'product_unknown' };
  return undefined;
}
