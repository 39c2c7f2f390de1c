import { z } from 'zod';

const rate = z.int('error.price').min(0, 'error.price').max(1_000_000_000_000, 'error.price');
const optionalRate = rate.nullable();
const serviceTier = z.string().trim().toLowerCase().regex(/^[a-z0-9_-]{1,32}$/, 'error.service_tier');

/** One line of a price table. Rates in micro-cents. */
export const priceLine = z.object({
  provider: z.string().trim().toLowerCase().regex(/^[a-z][a-z0-9-]{0,39}$/, 'error.provider_name'),
  model: z.string().trim().regex(/^[\x21-\x7e]{1,120}$/, 'error.model_name'),
  serviceTier,
  minInputTokens: z.int('error.whole_number').min(0, 'error.whole_number').max(100_000_000, 'error.whole_number'),
  input: rate, cachedInput: optionalRate, cacheWrite: optionalRate, output: rate, reasoning: optionalRate, characters: optionalRate, audioMinute: optionalRate,
});
export type PriceLine = z.output<typeof priceLine>;

/** `line` counts from 1. `text` is a key of the catalogue of texts. */
export type PriceProblem = { line: number; text: string };

/** What is wrong with a whole table: lines that say the same twice, and models that only have a price for some tier or size. */
export function priceProblems(lines: readonly PriceLine[]): PriceProblem[] {
  const problems: PriceProblem[] = [];
  const seen = new Set<string>();
  const basic = new Set(lines.filter(({ serviceTier: tier, minInputTokens }) => tier === 'default' && minInputTokens === 0).map(modelKey));
  for (const [index, line] of lines.entries()) {
    const key = [modelKey(line), line.serviceTier, line.minInputTokens].join(' ');
    if (seen.has(key)) problems.push({ line: index + 1, text: 'error.price_twice' });
    else if (!basic.has(modelKey(line))) problems.push({ line: index + 1, text: 'error.price_without_default' });
    seen.add(key);
  }
  return problems;
}

function modelKey({ provider, model }: PriceLine): string {
  return `${provider} ${model.toLowerCase()}`;
}
