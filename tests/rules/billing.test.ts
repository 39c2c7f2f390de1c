import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { effectiveAdjustments, whatIsTakenBack, type AdjustmentFacts } from '../../server/billing/adjustments.rules.ts';
import { currencyDecimals, minorUnits } from '../../server/billing/money.rules.ts';
import { buyerLocale, cleanText, mailAddress, shellWord } from '../../server/billing/text.rules.ts';

it('amounts become whole minor units with the decimals of their currency', () => {
  assert.deepEqual([minorUnits('49.00', 'EUR'), minorUnits('-49', 'eur'), minorUnits('1200', 'JPY'), minorUnits('1.2345', 'KWD'), minorUnits('0.105', 'EUR'), minorUnits('0.00', 'EUR')], [4_900, -4_900, 1_200, 1_235, 11, 0]);
  assert.deepEqual(['', 'x', '1e3', '1,50', '99999999999999999'].map((text) => minorUnits(text, 'EUR')), Array.from({ length: 5 }, () => undefined));
  assert.deepEqual(['EUR', 'JPY', 'KRW', 'CLP', 'KWD', 'QQQ', '🦄'].map(currencyDecimals), [2, 0, 0, 0, 3, 2, 2]);
});

it('what goes back does not depend on the order in which refunds and disputes came', () => {
  const adjustment = fc.record({
    action: fc.constantFrom('refund', 'chargeback', 'chargeback_warning', 'chargeback_reverse'),
    status: fc.constantFrom('pending', 'approved', 'rejected', 'reversed'),
    isFull: fc.boolean(),
    items: fc.option(fc.array(fc.record({ lineId: fc.constantFrom('a', 'b'), units: fc.option(fc.nat(3)), amountMinor: fc.nat(2_000) }), { maxLength: 3 })),
    amountMinor: fc.nat(5_000),
  });
  fc.assert(
    fc.property(fc.array(adjustment, { maxLength: 6 }), (adjustments) => {
      const count = (list: AdjustmentFacts[]) => effectiveAdjustments(list).length;
      assert.equal(count(adjustments), count(adjustments.toReversed()));
    }),
  );
});

it('only approved refunds and standing chargebacks take units, never more than there are', () => {
  const line = { externalId: 'a', quantity: 10, amountMinor: 32_662 };
  const refund = (changes: Partial<AdjustmentFacts>): AdjustmentFacts => ({ action: 'refund', status: 'approved', isFull: false, items: [], amountMinor: 0, ...changes });
  const units = (...adjustments: AdjustmentFacts[]) => whatIsTakenBack({ status: 'completed', totalMinor: 65_215 }, adjustments).unitsOf(line);
  const item = (amountMinor: number, count: number | null = null, lineId = 'a') => [{ lineId, units: count, amountMinor }];
  assert.deepEqual(
    [
      units(refund({ status: 'pending', isFull: true })), units(refund({ status: 'rejected', isFull: true })), units(refund({ isFull: true })),
      units(refund({ items: item(3_266) })), units(refund({ items: item(100) })), units(refund({ items: item(9_798, null, 'b') })), units(refund({ items: item(0, 0) })),
      units(refund({ items: item(0, 7) }), refund({ items: item(0, 7) })), units(refund({ amountMinor: 65_215 })), units(refund({ items: null, amountMinor: 100 })),
    ],
    [0, 0, 10, 1, 10, 0, 0, 10, 10, 0],
  );
});

it('text from outside is made harmless before it is stored', () => {
  assert.equal(cleanText('a\u0000\r\nb\ud800 🦄🦄', 5), 'a b\ufffd ');
  assert.deepEqual([mailAddress(' Ada@example.test '), mailAddress('ada'), mailAddress('a@b\r\nBcc: c@d'), mailAddress('a@b,c@d'), mailAddress('<a@b>')], ['Ada@example.test', undefined, undefined, undefined, undefined]);
  assert.deepEqual([shellWord('CHATELLO-PRO'), shellWord("it's; rm -rf /"), shellWord('--plan')], ['CHATELLO-PRO', "'it'\\''s; rm -rf /'", "'--plan'"]);
  assert.deepEqual([buyerLocale('it'), buyerLocale('it-IT'), buyerLocale('italics'), buyerLocale(undefined, 'sm'), buyerLocale('en', 'IT'), buyerLocale(undefined)], ['it', 'it', 'en', 'it', 'en', 'en']);
});
