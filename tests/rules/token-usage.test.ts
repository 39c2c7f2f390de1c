import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assert as check, constantFrom, double, integer, oneof, property } from 'fast-check';
import { saneUsage } from '../../server/usage/token-usage.rules.ts';

const anyNumber = oneof(integer(), double(), constantFrom(Number.NaN, Infinity, -1, 1e300));

it('whatever a provider reports, what is recorded are whole numbers within bounds whose parts are not larger than the whole', () => {
  check(
    property(anyNumber, anyNumber, anyNumber, anyNumber, (input, cached, output, reasoning) => {
      const sane = saneUsage({ input, cached, output, reasoning, isExact: true });
      const numbers = [sane.input, sane.cached, sane.output, sane.reasoning];
      assert.ok(numbers.every((value) => Number.isSafeInteger(value) && value >= 0 && value <= 100_000_000));
      assert.ok(sane.cached <= sane.input && sane.reasoning <= sane.output);
      assert.equal(sane.isExact, numbers.every((value, index) => value === [input, cached, output, reasoning][index]));
    }),
  );
});
