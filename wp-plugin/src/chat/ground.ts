import type { Page, Product } from './types.ts';

/** All that tools have returned in this conversation, and what the shopper wrote: the only source of prices and product numbers. */
export type Facts = { products: Map<number, Product>; pages: Map<number, Page>; texts: string[] };
export type Segment = { kind: 'text'; text: string } | { kind: 'product'; product: Product } | { kind: 'page'; page: Page } | { kind: 'contact' };

const signs = ['€', '$', '£', 'EUR', 'USD', 'GBP', 'CHF', 'euro', 'euros', 'dollars', 'dollar', 'pounds'];
const amountPattern = String.raw`\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)`;
const codePattern = /(?<![\p{L}\p{N}_-])(?=[A-Z0-9._-]*\d)(?=[A-Z0-9._-]*[A-Z])[A-Z0-9]+(?:[-_.][A-Z0-9]+)+(?![\p{L}\p{N}_-])/gu;

export function emptyFacts(): Facts {
  return { products: new Map(), pages: new Map(), texts: [] };
}

/** The segments of an answer: text, with cards where the model pointed at something that a tool has returned. Other pointers vanish. */
export function segmentsOf(answer: string, facts: Facts, currency: readonly string[], mask: string): Segment[] {
  const segments: Segment[] = [];
  const addText = (text: string) => {
    if (text.trim() !== '') segments.push({ kind: 'text', text: groundText(text, facts, currency, mask).trim() });
  };
  let end = 0;
  for (const match of answer.matchAll(/\[\[\s*(product|page|contact)\s*:?\s*(\d*)\s*\]\]/gi)) {
    addText(answer.slice(end, match.index));
    end = match.index + match[0].length;
    const segment = pointedAt(match[1]?.toLowerCase() ?? '', Number(match[2]), facts);
    if (segment && !segments.some((other) => isSame(other, segment))) segments.push(segment);
  }
  addText(answer.slice(end));
  return segments;
}

/** What of a growing answer can be shown already: without a pointer or an amount that is still being written. */
export function settledPart(answer: string): string {
  const open = answer.lastIndexOf('[[');
  const text = open > answer.lastIndexOf(']]') ? answer.slice(0, open) : answer.replace(/\[$/, '');
  return text.replace(/(?:[€$£]?\s?\d[\d.,'’\u00a0\u202f ]*|(?<![\p{L}\p{N}])[A-Z][A-Z0-9._-]*)\s*(?:[€$£]\s?|\p{L}{0,7})$|[€$£]\s?$/u, '');
}

/** The text without prices and product numbers that no tool returned: those are not shown as facts. */
export function groundText(text: string, facts: Facts, currency: readonly string[], mask: string): string {
  const allowed = allowedAmounts(facts);
  const codes = allowedCodes(facts);
  const all = [...new Set([...currency, ...signs])].filter(Boolean).sort((a, b) => b.length - a.length);
  const sign = all.map(escapeRegExp).join('|');
  // A word such as EUR stands alone; a sign may follow letters: US$ 5.
  const leading = all.map((text) => (/^\p{L}/u.test(text) ? String.raw`(?<![\p{L}\p{N}])${text}` : escapeRegExp(text))).join('|');
  const price = new RegExp(String.raw`(?:${leading})\s?(${amountPattern})|(?<![\p{L}\p{N}])(${amountPattern})\s?(?:${sign})(?!\p{L})`, 'giu');
  return text
    .replace(price, (match, before: string | undefined, after: string | undefined) => (allowed.has(centsOf(before ?? after ?? '')) ? match : mask))
    .replace(codePattern, (match) => (codes.has(match) ? match : mask));
}

/** An amount in hundredths, whichever way it is written: 1.234,50 and 1,234.50 and 1234.5 are the same. */
export function centsOf(amount: string): number {
  const compact = amount.replace(/['’\s\u00a0\u202f]/g, '');
  const fraction = /[.,](\d{1,2})$/.exec(compact)?.[1] ?? '';
  const whole = (fraction === '' ? compact : compact.slice(0, -fraction.length - 1)).replace(/[.,]/g, '');
  return Number(whole) * 100 + Number(fraction.padEnd(2, '0') || 0);
}

function allowedAmounts(facts: Facts): Set<number> {
  const amounts = new Set<number>();
  const all = [...facts.texts, ...[...facts.products.values()].flatMap(({ price, regular_price }) => [price, regular_price])];
  for (const text of all) for (const [amount] of text.matchAll(new RegExp(amountPattern, 'gu'))) amounts.add(centsOf(amount));
  return amounts;
}

function allowedCodes(facts: Facts): Set<string> {
  const codes = new Set<string>();
  const all = [...facts.texts, ...[...facts.products.values()].flatMap(({ sku, name }) => [sku, name])];
  for (const text of all) for (const [code] of text.toUpperCase().matchAll(codePattern)) codes.add(code);
  return codes;
}

function pointedAt(kind: string, id: number, facts: Facts): Segment | undefined {
  if (kind === 'contact') return { kind: 'contact' };
  const product = facts.products.get(id);
  if (kind === 'product') return product && { kind: 'product', product };
  const page = facts.pages.get(id);
  return page && { kind: 'page', page };
}

function isSame(a: Segment, b: Segment): boolean {
  if (a.kind === 'product' && b.kind === 'product') return a.product.id === b.product.id;
  if (a.kind === 'page' && b.kind === 'page') return a.page.id === b.page.id;
  return a.kind === 'contact' && b.kind === 'contact';
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
