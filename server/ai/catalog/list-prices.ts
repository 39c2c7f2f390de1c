import { microcentsPerDollar } from '../../usage/dollars.rules.ts';
import type { PriceLine } from './price-version.rules.ts';

// What the providers' public price lists said in November 2026, in US dollars: OpenAI, https://developers.openai.com/api/docs/pricing,
// https://openai.com/api-priority-processing/ and the pages of its models; Anthropic, https://platform.claude.com/docs/en/about-claude/pricing;
// DeepSeek, https://api-docs.deepseek.com/quick_start/pricing (the peak prices: off peak it asks half). Where a list is silent about a tier or
// a size, BerriAI/litellm's model_prices_and_context_window.json. Only what can be asked for through this server's endpoints.

/** What the dashboard says of this table. */
export const listPricesNote =
  "The providers' list prices of November 2026 (OpenAI, Anthropic and DeepSeek, from their price pages). Cache writes: the price for five minutes. DeepSeek: the peak price, since off peak it asks half. gpt-4o-mini-tts: about what its audio tokens come to for a million characters. Check them against your own contract before you rely on them.";

/** Dollars per million tokens: input, cached input, cache write, output. `-` is the input price. */
type Rates = [input: number, cachedInput: number | '-', cacheWrite: number | '-', output: number];
type Line = [model: string, rates: Rates, more?: { tiers?: Record<string, Rates>; above?: [tokens: number, rates: Rates] }];

/** The flex tier at half and the priority tier at twice the rates. */
function halfAndTwice(rates: Rates): Record<string, Rates> {
  return { flex: scaled(rates, 0.5), priority: scaled(rates, 2) };
}

function scaled([input, cached, write, output]: Rates, factor: number): Rates {
  return [input * factor, cached === '-' ? '-' : cached * factor, write === '-' ? '-' : write * factor, output * factor];
}

function generation6(model: string, rates: Rates): Line {
  const [input, cached, write, output] = scaled(rates, 2);
  return [model, rates, { tiers: halfAndTwice(rates), above: [272_001, [input, cached, write, (output * 3) / 4]] }];
}

const openai: Line[] = [
  generation6('gpt-6.2-astra', [8, 0.4, 10, 40]),
  generation6('gpt-6.2-sol', [2, 0.1, 2.5, 10]),
  generation6('gpt-6.1-sol', [2, 0.1, 2.5, 10]),
  generation6('gpt-6-astra', [10, 1, 12.5, 50]),
  generation6('gpt-6-sol', [2, 0.2, 2.5, 10]),
  generation6('gpt-6-luna', [0.1, 0.01, 0.125, 0.5]),
  ['gpt-5.5', [5, 0.5, '-', 30], { tiers: { flex: [2.5, 0.25, '-', 15], priority: [12.5, 1.25, '-', 75] }, above: [272_001, [10, 1, '-', 45]] }],
  ['gpt-5.4', [2.5, 0.25, '-', 15], { tiers: { flex: [1.25, 0.13, '-', 7.5], priority: [5, 0.5, '-', 30] }, above: [272_001, [5, 0.5, '-', 22.5]] }],
  ['gpt-5.4-mini', [0.75, 0.075, '-', 4.5], { tiers: { flex: [0.375, 0.0375, '-', 2.25], priority: [1.5, 0.15, '-', 9] } }],
  ['gpt-5.4-nano', [0.2, 0.02, '-', 1.25], { tiers: { flex: [0.1, 0.01, '-', 0.625] } }],
  ['gpt-5.2', [1.75, 0.175, '-', 14], { tiers: { flex: [0.875, 0.0875, '-', 7], priority: [3.5, 0.35, '-', 28] } }],
  ['gpt-5.1', [1.25, 0.125, '-', 10], { tiers: { flex: [0.625, 0.0625, '-', 5], priority: [2.5, 0.25, '-', 20] } }],
  ['gpt-5', [1.25, 0.125, '-', 10], { tiers: { flex: [0.625, 0.0625, '-', 5], priority: [2.5, 0.25, '-', 20] } }],
  ['gpt-5-mini', [0.25, 0.025, '-', 2], { tiers: { flex: [0.125, 0.0125, '-', 1], priority: [0.45, 0.045, '-', 3.6] } }],
  ['gpt-5-nano', [0.05, 0.005, '-', 0.4], { tiers: { flex: [0.025, 0.0025, '-', 0.2] } }],
  ['gpt-4.1', [2, 0.5, '-', 8], { tiers: { priority: [3.5, 0.875, '-', 14] } }],
  ['gpt-4.1-mini', [0.4, 0.1, '-', 1.6], { tiers: { priority: [0.7, 0.175, '-', 2.8] } }],
  ['gpt-4.1-nano', [0.1, 0.025, '-', 0.4], { tiers: { priority: [0.2, 0.05, '-', 0.8] } }],
  ['gpt-4o', [2.5, 1.25, '-', 10], { tiers: { priority: [4.25, 2.125, '-', 17] } }],
  ['gpt-4o-mini', [0.15, 0.075, '-', 0.6], { tiers: { priority: [0.25, 0.125, '-', 1] } }],
  ['o3', [2, 0.5, '-', 8], { tiers: { flex: [1, 0.25, '-', 4], priority: [3.5, 0.875, '-', 14] } }],
  ['o4-mini', [1.1, 0.275, '-', 4.4], { tiers: { flex: [0.55, 0.138, '-', 2.2], priority: [2, 0.5, '-', 8] } }],
  ['text-embedding-3-small', [0.02, '-', '-', 0]],
  ['text-embedding-3-large', [0.13, '-', '-', 0]],
  ['text-embedding-ada-002', [0.1, '-', '-', 0]],
  ['gpt-4o-transcribe', [2.5, '-', '-', 10]],
  ['gpt-4o-mini-transcribe', [1.25, '-', '-', 5]],
];

const anthropic: Line[] = [
  ['claude-fable-5-1', [10, 0.25, 12.5, 50]],
  ['claude-opus-5-5', [4, 0.2, 5, 20]],
  ['claude-opus-5', [5, 0.5, 6.25, 25]],
  ['claude-sonnet-5-5', [2, 0.1, 2.5, 10]],
  ['claude-sonnet-5', [2, 0.2, 2.5, 10]],
  ['claude-haiku-5-5', [0.1, 0.01, 0.125, 0.5], { above: [100_001, [0.5, 0.05, 0.625, 2.5]] }],
  ['claude-opus-4-8', [5, 0.5, 6.25, 25]],
  ['claude-opus-4-7', [5, 0.5, 6.25, 25]],
  ['claude-opus-4-6', [5, 0.5, 6.25, 25]],
  ['claude-opus-4-5', [5, 0.5, 6.25, 25]],
  ['claude-sonnet-4-6', [3, 0.3, 3.75, 15]],
  ['claude-sonnet-4-5', [3, 0.3, 3.75, 15]],
  ['claude-haiku-4-5', [1, 0.1, 1.25, 5]],
];

// The names of before are answered, and billed, as the model that took their place.
const deepseek: Line[] = [
  ['deepseek-flash', [0.3, 0.006, '-', 1.2]],
  ['deepseek-v4-flash', [0.3, 0.006, '-', 1.2]],
  ['deepseek-v4-pro', [1.32, 0.044, '-', 3.96]],
];

type Audio = [model: string, rates: Pick<PriceLine, 'characters' | 'audioMinute'>];
const audio: Audio[] = [
  ['whisper-1', { characters: null, audioMinute: microcents(0.006) }],
  ['tts-1', { characters: microcents(15), audioMinute: null }],
  ['tts-1-hd', { characters: microcents(30), audioMinute: null }],
  ['gpt-4o-mini-tts', { characters: microcents(16), audioMinute: null }],
];

/** The price table that a new database starts with. */
export function listPrices(): PriceLine[] {
  const tables: [string, Line[]][] = [['openai', openai], ['anthropic', anthropic], ['deepseek', deepseek]];
  return [...tables.flatMap(([provider, lines]) => lines.flatMap((line) => priceLines(provider, line))), ...audio.map(audioLine)];
}

function priceLines(provider: string, [model, rates, { tiers = {}, above } = {}]: Line): PriceLine[] {
  const line = (serviceTier: string, minInputTokens: number, [input, cached, write, output]: Rates): PriceLine => ({
    provider, model, serviceTier, minInputTokens,
    input: microcents(input), cachedInput: optional(cached), cacheWrite: optional(write), output: microcents(output), reasoning: null, characters: null, audioMinute: null,
  });
  return [line('default', 0, rates), ...(above ? [line('default', ...above)] : []), ...Object.entries(tiers).map(([tier, own]) => line(tier, 0, own))];
}

function audioLine([model, rates]: Audio): PriceLine {
  return { provider: 'openai', model, serviceTier: 'default', minInputTokens: 0, input: 0, cachedInput: null, cacheWrite: null, output: 0, reasoning: null, ...rates };
}

function optional(dollars: number | '-'): number | null {
  return dollars === '-' ? null : microcents(dollars);
}

function microcents(dollars: number): number {
  return Math.round(dollars * microcentsPerDollar);
}
