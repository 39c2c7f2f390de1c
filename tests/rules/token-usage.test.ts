import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assert as check, constantFrom, double, integer, oneof, property, record } from 'fast-check';
import { saneUsage } from '../../server/usage/token-usage.rules.ts';

const anyNumber = oneof(integer(), double(), constantFrom(Number.NaN, Infinity, -1, 1e300));
const anyUsage = record({ input: anyNumber, cached: anyNumber, cacheWrite: anyNumber, output: anyNumber, reasoning: anyNumber, characters: anyNumber, audioMs: anyNumber });

it('whatever a provider reports, what is recorded are whole numbers within bounds whose parts are not larger than the whole', () => {
  check(
    property(anyUsage, (reported) => {
      const { isExact, ...sane } = saneUsage({ ...reported, isExact: true });
      assert.ok(Object.values(sane).every((value) => Number.isSafeInteger(value) && value >= 0 && value <= 100_000_000));
      assert.ok(sane.cached + sane.cacheWrite <= sane.input && sane.reasoning <= sane.output);
      assert.equal(isExact, Object.entries(sane).every(([part, value]) => value === reported[part as keyof typeof reported]));
    }),
  );
});
