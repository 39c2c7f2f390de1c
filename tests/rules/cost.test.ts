import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { costOf, highestCostOf, type BilledUsage, type PriceRates } from '../../server/ai/catalog/cost.rules.ts';
import { microcentsPerDollar } from '../../server/usage/dollars.rules.ts';

const dollars = (amount: number) => amount * microcentsPerDollar;
const gpt: PriceRates = { input: dollars(0.75), cachedInput: dollars(0.075), cacheWrite: null, output: dollars(4.5), reasoning: null, characters: null, audioMinute: null };
const nothing: BilledUsage = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0, characters: 0, audioMs: 0 };

const rate = fc.integer({ min: 0, max: 100_000_000_000 });
const optionalRate = fc.option(rate);
const rates: fc.Arbitrary<PriceRates> = fc.record({ input: rate, cachedInput: optionalRate, cacheWrite: optionalRate, output: rate, reasoning: optionalRate, characters: optionalRate, audioMinute: optionalRate });
const tokens = fc.integer({ min: 0, max: 2_000_000 });
const usage: fc.Arbitrary<BilledUsage> = fc
  .record({ fresh: tokens, cached: tokens, cacheWrite: tokens, text: tokens, reasoning: tokens, characters: tokens, audioMs: fc.integer({ min: 0, max: 36_000_000 }) })
  .map(({ fresh, cached, cacheWrite, text, reasoning, characters, audioMs }) => ({ input: fresh + cached + cacheWrite, cached, cacheWrite, output: text + reasoning, reasoning, characters, audioMs }));

describe('the cost of a request', () => {
  const cases: [string, Partial<BilledUsage>, PriceRates, number][] = [
    ['nothing', {}, gpt, 0],
    ['a million tokens in and out', { input: 1_000_000, output: 1_000_000 }, gpt, dollars(5.25)],
    ['tokens from the cache at the cached price, and not at the full one as well', { input: 1_000_000, cached: 400_000 }, gpt, dollars(0.6 * 0.75 + 0.4 * 0.075)],
    ['tokens written to a cache that has no price of its own', { input: 1_000_000, cacheWrite: 1_000_000 }, gpt, dollars(0.75)],
    ['tokens written to the cache', { input: 1_000_000, cached: 500_000, cacheWrite: 250_000 }, { ...gpt, cacheWrite: dollars(1) }, dollars(0.25 * 0.75 + 0.5 * 0.075 + 0.25)],
    ['thoughts, which are part of the output', { output: 1_000, reasoning: 400 }, gpt, dollars(0.0045)],
    ['thoughts with a price of their own', { output: 1_000_000, reasoning: 400_000 }, { ...gpt, reasoning: dollars(1) }, dollars(0.6 * 4.5 + 0.4)],
    ['characters and audio', { characters: 2_000, audioMs: 90_000 }, { ...gpt, characters: dollars(15), audioMinute: dollars(0.006) }, dollars(0.03 + 0.009)],
    ['a token that is worth less than a micro-cent, rounded up', { input: 1 }, { ...gpt, input: 280_000 }, 1],
    ['parts that are larger than the whole', { input: 100, cached: 5_000, cacheWrite: 5_000, output: 0, reasoning: 9_000 }, gpt, 750],
    ['what is no number', { input: Number.NaN, output: -5, cached: Number.POSITIVE_INFINITY }, gpt, 0],
  ];
  for (const [title, used, price, expected] of cases) it(`of ${title}`, () => assert.equal(costOf(price, used), Math.round(expected)));

  it('is a whole number, never negative, and grows with every amount', () => {
    fc.assert(
      fc.property(rates, usage, fc.constantFrom('input', 'output', 'characters', 'audioMs'), tokens, (price, used, part, more) => {
        const cost = costOf(price, used);
        assert.ok(Number.isSafeInteger(cost) && cost >= 0);
        assert.ok(costOf(price, { ...used, [part]: used[part] + more }) >= cost);
      }),
    );
  });

  it('of two requests together is at most the sum of both, and at most one micro-cent less', () => {
    const sum = (a: BilledUsage, b: BilledUsage) => Object.fromEntries(Object.entries(a).map(([part, amount]) => [part, amount + b[part as keyof BilledUsage]]));
    fc.assert(
      fc.property(rates, usage, usage, (price, a, b) => {
        const apart = costOf(price, a) + costOf(price, b);
        const together = costOf(price, sum(a, b));
        assert.ok(together <= apart && together >= apart - 1, `${together} instead of ${apart}`);
      }),
    );
  });

  it('is never more than what was foreseen from the sizes alone', () => {
    fc.assert(fc.property(rates, usage, (price, used) => assert.ok(costOf(price, used) <= highestCostOf(price, used))));
  });

  it('is exact where floating point is not', () => {
    fc.assert(
      fc.property(rates, usage, (price, { input, output }) => {
        const exact = BigInt(input) * BigInt(price.input) + BigInt(output) * BigInt(price.output);
        assert.equal(BigInt(costOf(price, { ...nothing, input, output })), (exact + 999_999n) / 1_000_000n);
      }),
    );
  });
});
