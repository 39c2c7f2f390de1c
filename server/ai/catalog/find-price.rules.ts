import type { PriceRates } from './cost.rules.ts';

/** A line of a price table. */
export type ModelPrice = PriceRates & {
  /** Of the table that it belongs to. */
  version: string;
  provider: string;
  /** The provider's name of the model; a trailing * stands for the rest. */
  model: string;
  /** As the provider's answers name it; `default` for whatever has no line of its own. */
  serviceTier: string;
  /** Holds for requests with at least so many tokens of input. */
  minInputTokens: number;
};

/** A whole price table, indexed for look-ups. It never changes. */
export type PriceTable = { version: string; validFrom: number; byModel: ReadonlyMap<string, readonly ModelPrice[]>; patterns: ReadonlyMap<string, readonly (readonly [prefix: string, prices: readonly ModelPrice[]])[]> };

/** `kind`: whose prices hold for a provider that has none under its own name. */
export type PriceQuestion = { provider: string; kind?: string | undefined; model: string; serviceTier?: string | null | undefined; inputTokens?: number | undefined };

const defaultTier = 'default';
/** What providers call the tier that everybody gets. */
const tiersByDefault = new Set(['', 'auto', 'standard', 'standard_only', defaultTier]);
const releaseSuffix = /-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;
const noPrices: PriceTable = { version: '', validFrom: 0, byModel: new Map(), patterns: new Map() };

/** Indexes the lines of one version. */
export function priceTable(version: string, validFrom: number, prices: readonly ModelPrice[]): PriceTable {
  const byModel = new Map<string, ModelPrice[]>();
  for (const price of prices) {
    const key = keyOf(price.provider, price.model);
    const known = byModel.get(key);
    if (known) known.push(price);
    else byModel.set(key, [price]);
  }
  const patterns = new Map<string, [string, readonly ModelPrice[]][]>();
  for (const lines of byModel.values()) {
    // The dearest context first, so that the first line that fits is the one that holds.
    lines.sort((a, b) => b.minInputTokens - a.minInputTokens);
    const [{ provider, model }] = lines as [ModelPrice];
    if (model.endsWith('*')) patterns.set(provider, [...(patterns.get(provider) ?? []), [model.slice(0, -1).toLowerCase(), lines]]);
  }
  for (const list of patterns.values()) list.sort(([a], [b]) => b.length - a.length);
  return { version, validFrom, byModel, patterns };
}

/** The table in force: of those that have begun the last. Tables come in the order of validity. An empty one before the first. */
export function pricesAt(tables: readonly PriceTable[], now: number): PriceTable {
  return tables.findLast(({ validFrom }) => validFrom <= now) ?? noPrices;
}

/**
 * The line that holds for a request: of the model itself, else of the model without its date, else of the longest pattern that fits; of
 * the tier, else of the default tier; of the largest size that the input reaches. Undefined when the model has no price.
 */
export function findPrice(prices: PriceTable, { provider, kind, model, serviceTier, inputTokens = 0 }: PriceQuestion): ModelPrice | undefined {
  const asked = (serviceTier ?? '').toLowerCase();
  const tiers = tiersByDefault.has(asked) ? [defaultTier] : [asked, defaultTier];
  for (const lines of candidates(prices, provider, kind, model.toLowerCase())) {
    for (const tier of tiers) {
      const found = lines.find((line) => line.serviceTier === tier && line.minInputTokens <= inputTokens);
      if (found) return found;
    }
  }
  return undefined;
}

/** All lines by which a request for a model may be billed: of every tier and size. */
export function pricesOfModel(prices: PriceTable, { provider, kind, model }: Pick<PriceQuestion, 'provider' | 'kind' | 'model'>): readonly ModelPrice[] {
  return candidates(prices, provider, kind, model.toLowerCase())[0] ?? [];
}

function candidates({ byModel, patterns }: PriceTable, provider: string, kind: string | undefined, model: string): (readonly ModelPrice[])[] {
  const found: (readonly ModelPrice[])[] = [];
  const undated = model.replace(releaseSuffix, '');
  const names = undated === model ? [model] : [model, undated];
  for (const owner of kind === undefined || kind === provider ? [provider] : [provider, kind]) {
    for (const name of names) {
      const lines = byModel.get(keyOf(owner, name));
      if (lines) found.push(lines);
    }
    for (const [prefix, lines] of patterns.get(owner) ?? []) if (model.startsWith(prefix)) found.push(lines);
  }
  return found;
}

function keyOf(provider: string, model: string): string {
  return `${provider} ${model.toLowerCase()}`;
}
