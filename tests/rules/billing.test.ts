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
    [0, 0, 10, 1, 0, 0, 0, 10, 10, 0],
  );
});

it('a part of a price that goes back takes no licence, however often, until the price of one is together', () => {
  const line = { externalId: 'a', quantity: 3, amountMinor: 10_000 };
  const back = (action: string, ...items: { amountMinor: number; isWhole?: boolean }[]) => items.map((item) => ({ action, status: 'approved', isFull: false, items: [{ lineId: 'a', units: null, ...item }], amountMinor: item.amountMinor }));
  const units = (...adjustments: AdjustmentFacts[]) => whatIsTakenBack({ status: 'completed', totalMinor: 20_000 }, adjustments).unitsOf(line);
  assert.deepEqual([units(...back('refund', { amountMinor: 500 })), units(...back('refund', { amountMinor: 3_200 })), units(...back('refund', { amountMinor: 3_333 })), units(...back('refund', { amountMinor: 2_000 }, { amountMinor: 1_334 }))], [0, 0, 1, 1]);
  assert.deepEqual([units(...back('refund', { amountMinor: 9_999 })), units(...back('refund', { amountMinor: 7_000 })), units(...back('refund', { amountMinor: 500, isWhole: true }))], [3, 2, 3]);
  assert.deepEqual([units(...back('chargeback', { amountMinor: 500 })), units({ action: 'chargeback', status: 'approved', isFull: false, items: [], amountMinor: 500 })], [3, 3], 'a dispute is no discount');
  const yen = whatIsTakenBack({ status: 'completed', totalMinor: 200 }, back('refund', { amountMinor: 33 })).unitsOf({ externalId: 'a', quantity: 3, amountMinor: 100 });
  assert.equal(yen, 1);
});

it('whatever goes back, more money never takes fewer licences, and never more than were paid for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 100_000 }), fc.nat(200_000), fc.nat(5_000), (quantity, amountMinor, refunded, more) => {
      const units = (refundMinor: number) => whatIsTakenBack({ status: 'completed', totalMinor: 1_000_000 }, [{ action: 'refund', status: 'approved', isFull: false, items: [{ lineId: 'a', units: null, amountMinor: refundMinor }], amountMinor: refundMinor }]).unitsOf({ externalId: 'a', quantity, amountMinor });
      assert.ok(units(refunded) <= units(refunded + more) && units(refunded + more) <= quantity);
      assert.ok(amountMinor < 100 || units(refunded) * amountMinor <= (refunded + quantity) * quantity);
    }),
  );
});

it('text from outside is made harmless before it is stored', () => {
  assert.equal(cleanText('a\u0000\r\nb\ud800 🦄🦄', 5), 'a b\ufffd ');
  assert.deepEqual([mailAddress(' Ada@example.test '), mailAddress('ada'), mailAddress('a@b\r\nBcc: c@d'), mailAddress('a@b,c@d'), mailAddress('<a@b>')], ['Ada@example.test', undefined, undefined, undefined, undefined]);
  assert.deepEqual([shellWord('CHATELLO-PRO'), shellWord("it's; rm -rf /"), shellWord('--plan')], ['CHATELLO-PRO', "'it'\\''s; rm -rf /'", "'--plan'"]);
  assert.deepEqual([buyerLocale('it'), buyerLocale('it-IT'), buyerLocale('italics'), buyerLocale(undefined, 'sm'), buyerLocale('en', 'IT'), buyerLocale(undefined)], ['it', 'it', 'en', 'it', 'en', 'en']);
});
