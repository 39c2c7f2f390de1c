import { dollarsOf, microcentsOf } from '../../usage/dollars.rules.ts';
import { priceLine, priceProblems, type PriceLine, type PriceProblem } from './price-version.rules.ts';

const rates = { input: 'input', cached_input: 'cachedInput', cache_write: 'cacheWrite', output: 'output', reasoning: 'reasoning', characters: 'characters', audio_minute: 'audioMinute' } as const;
const columns = ['provider', 'model', 'service_tier', 'min_input_tokens', ...Object.keys(rates)];

/** A price table as CSV (RFC 4180), in dollars per million tokens or characters and per minute of audio. An empty field: the price that stands in for it. */
export function pricesToCsv(prices: readonly PriceLine[]): string {
  const lines = prices.map((price) => [price.provider, price.model, price.serviceTier, String(price.minInputTokens), ...Object.values(rates).map((rate) => (price[rate] === null ? '' : dollarsOf(price[rate])))]);
  return [columns, ...lines].map((fields) => `${fields.map(quoted).join(',')}\r\n`).join('');
}

/** Reads such a table, in any order of its columns, also with semicolons and decimal commas as spreadsheets in many countries write it. Problems name the line of the file. */
export function pricesFromCsv(text: string): { prices: PriceLine[] } | { problems: PriceProblem[] } {
  const [head = [], ...rows] = parseCsv(text);
  const names = head.map((name) => name.trim().toLowerCase().replace(/^\uFEFF/, ''));
  if (['provider', 'model', 'input', 'output'].some((name) => !names.includes(name)) || names.some((name) => !columns.includes(name))) return { problems: [{ line: 1, text: 'error.price_columns' }] };
  const problems: PriceProblem[] = [];
  const prices: PriceLine[] = [];
  const lineOf: number[] = [];
  for (const [index, fields] of rows.entries()) {
    if (fields.every((field) => field.trim() === '')) continue;
    const read = readLine(Object.fromEntries(names.map((name, column) => [name, (fields[column] ?? '').trim()])));
    if ('problem' in read) problems.push({ line: index + 2, text: read.problem });
    else {
      prices.push(read.price);
      lineOf.push(index + 2);
    }
  }
  if (prices.length === 0 && problems.length === 0) problems.push({ line: 1, text: 'error.price_empty' });
  problems.push(...priceProblems(prices).map(({ line, text: problem }) => ({ line: lineOf[line - 1] ?? line, text: problem })));
  return problems.length > 0 ? { problems: problems.sort((a, b) => a.line - b.line) } : { prices };
}

/** One line of a table as text fields, dollars included, or what is wrong with it. */
export function readLine(fields: Record<string, string | undefined>): { price: PriceLine } | { problem: string; field: string } {
  const amounts: Record<string, number | null> = {};
  for (const [name, rate] of Object.entries(rates)) {
    const text = (fields[name] ?? '').trim();
    const amount = text === '' ? (name === 'input' || name === 'output' ? 0 : null) : microcentsOf(text);
    if (amount === undefined) return { problem: 'error.price', field: name };
    amounts[rate] = amount;
  }
  const minimum = (fields['min_input_tokens'] ?? '').trim();
  const parsed = priceLine.safeParse({ ...amounts, provider: fields['provider'] ?? '', model: fields['model'] ?? '', serviceTier: fields['service_tier'] || 'default', minInputTokens: /^\d{1,9}$/.test(minimum) ? Number(minimum) : minimum === '' ? 0 : Number.NaN });
  if (parsed.success) return { price: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: issue?.message ?? 'error.price', field: String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) };
}

export type PriceChange = { kind: 'added' | 'removed' | 'changed'; before: PriceLine | undefined; after: PriceLine | undefined };

/** What one table says otherwise than another. */
export function priceChanges(before: readonly PriceLine[], after: readonly PriceLine[]): PriceChange[] {
  const old = new Map(before.map((line) => [keyOf(line), line]));
  const fresh = new Map(after.map((line) => [keyOf(line), line]));
  const changes = [...fresh].flatMap(([key, line]): PriceChange[] => {
    const known = old.get(key);
    if (!known) return [{ kind: 'added', before: undefined, after: line }];
    return Object.values(rates).some((rate) => known[rate] !== line[rate]) ? [{ kind: 'changed', before: known, after: line }] : [];
  });
  return [...changes, ...[...old].flatMap(([key, line]): PriceChange[] => (fresh.has(key) ? [] : [{ kind: 'removed', before: line, after: undefined }]))];
}

/** Whether two lines speak of the same model, tier and size. */
export function keyOf({ provider, model, serviceTier, minInputTokens }: Pick<PriceLine, 'provider' | 'model' | 'serviceTier' | 'minInputTokens'>): string {
  return [provider, model.toLowerCase(), serviceTier, minInputTokens].join(' ');
}

function quoted(field: string): string {
  return /[",;\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function parseCsv(text: string): string[][] {
  const separator = /^[^\r\n]*;/.test(text) ? ';' : ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') {
        field += '"';
        index += 1;
      } else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === separator) {
      row.push(field);
      field = '';
    } else if (character === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
    } else if (character !== '\r') field += character;
  }
  return field === '' && row.length === 0 ? rows : [...rows, [...row, field]];
}
