import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { centsOf, emptyFacts, groundText, segmentsOf, settledPart, type Facts } from '../../src/chat/ground.ts';
import type { Product } from '../../src/chat/types.ts';

const euro = ['€', 'EUR'];
const lamp: Product = { id: 7, name: 'Lamp X-100', url: '/lamp', image: '', sku: 'LMP-100', price: '1.249,90 €', regular_price: '1.400,00 €', is_from: false, in_stock: true, stock: 'In stock', has_options: false, can_buy: true };

function facts(...texts: string[]): Facts {
  return { ...emptyFacts(), products: new Map([[lamp.id, lamp]]), texts };
}
const ground = (text: string, ...known: string[]) => groundText(text, facts(...known), euro, '…');

describe('what an answer may state', () => {
  it('keeps prices that a tool returned, however they are written', () => {
    for (const text of ['It costs 1.249,90 €.', 'It costs €1,249.90.', 'EUR 1249.90', '1 249,90 €', '€ 1249,9', 'instead of 1.400 €']) assert.equal(ground(text), text);
  });

  it('hides prices that no tool returned and nobody mentioned', () => {
    for (const [text, shown] of [['Only 999 €!', 'Only …!'], ['€1,249.91', '…'], ['from 12.49 EUR on', 'from … on'], ['US$ 5', 'US…'], ['-20 € today', '-… today'], ['12,00€/m', '…/m'], ['20 euros', '…']] as const) assert.equal(ground(text), shown);
  });

  it('keeps the shopper’s own budget, amounts of the shop’s texts, and numbers that are no prices', () => {
    assert.equal(ground('Under 50 € I found', 'something under 50 euros'), 'Under 50 € I found');
    assert.equal(ground('Shipping is 5,90 €', '{"text":"la spedizione costa 5,90 €"}'), 'Shipping is 5,90 €');
    for (const text of ['It has 300 ml and 2 handles.', 'in 24 hours', '100 % cotton', 'Size 42, 2026']) assert.equal(ground(text), text);
  });

  it('hides product numbers that no tool returned', () => {
    assert.equal(ground('Order LMP-100, not LMP-999 or FREE-2026.'), 'Order LMP-100, not … or ….');
    assert.equal(ground('Wi-Fi, T-shirt, A4, COVID'), 'Wi-Fi, T-shirt, A4, COVID');
  });

  it('never lets an amount through that is nowhere, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 99 }), fc.constantFrom('€', 'EUR', '$', 'euro'), fc.boolean(), (whole, cents, sign, isBefore) => {
        fc.pre(whole * 100 + cents !== 124_990 && whole * 100 + cents !== 140_000);
        const amount = `${whole},${String(cents).padStart(2, '0')}`;
        assert.ok(!ground(`Well, ${isBefore ? `${sign} ${amount}` : `${amount} ${sign}`} it is.`).includes(amount));
      }),
    );
  });

  it('reads amounts in every notation', () => {
    for (const [text, cents] of [['1.234,50', 123_450], ['1,234.50', 123_450], ['1234.5', 123_450], ["1'234", 123_400], ['12', 1_200], ['0,05', 5]] as const) assert.equal(centsOf(text), cents, text);
  });
});

describe('what an answer shows', () => {
  it('draws cards only for what a tool has returned, each once', () => {
    const segments = segmentsOf('Look: [[product:7]] and [[product:8]] or [[ product : 7 ]][[page:3]] [[contact]]', facts(), euro, '…');
    assert.deepEqual(segments.map(({ kind }) => kind), ['text', 'product', 'text', 'text', 'contact']);
  });

  it('waits with an amount, a number or a pointer until it is whole', () => {
    for (const [growing, shown] of [['It costs 1', 'It costs '], ['It costs 1.24', 'It costs '], ['It costs €', 'It costs '], ['Code LMP-1', 'Code '], ['See [[prod', 'See '], ['See [', 'See '], ['All is well.', 'All is well.'], ['19,90 e', '']] as const) assert.equal(settledPart(growing).trim(), shown.trim(), growing);
  });

  it('never shows while it grows what it would not show at the end', () => {
    const answer = 'The lamp is 1.249,90 € or 3,50 € with CODE-77. [[product:7]] [[product:9]] done';
    for (let length = 0; length <= answer.length; length++) {
      const shown = segmentsOf(settledPart(answer.slice(0, length)), facts(), euro, '…').map((segment) => (segment.kind === 'text' ? segment.text : '')).join('');
      assert.ok(!/3,50|CODE-7|\[\[/.test(shown), shown);
    }
  });
});
