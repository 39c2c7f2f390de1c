import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { addMonths, paidThrough, type Term } from '../../server/licenses/license-terms.rules.ts';

const day = 24 * 3600 * 1000;
const at = (text: string) => Date.parse(text.length === 10 ? `${text}T10:30:15.123Z` : text);
const shown = (end: number | null | undefined) => (typeof end === 'number' ? new Date(end).toISOString().slice(0, 10) : end);
let serial = 0;
const term = (paid: string, months: number | null, more: Partial<Term> = {}): Term => ({ transactionId: `t${(serial += 1)}`, months, periodEndsAt: null, paidAt: at(paid), voidedAt: null, ...more });

const anyTerm: fc.Arbitrary<Term> = fc.record({
  transactionId: fc.uuid(),
  months: fc.option(fc.integer({ min: 1, max: 36 }), { freq: 12 }),
  periodEndsAt: fc.option(fc.integer({ min: at('2024-01-01'), max: at('2034-01-01') }), { freq: 3 }),
  // Few distinct moments, so that many payments fall on the same one.
  paidAt: fc.integer({ min: 0, max: 60 }).map((step) => at('2024-01-31') + step * 15 * day),
  voidedAt: fc.option(fc.constant(at('2030-01-01')), { freq: 3 }),
});
const anyTerms = fc.uniqueArray(anyTerm, { selector: ({ transactionId }) => transactionId, maxLength: 8 });

describe('a licence is paid through', () => {
  it('the same moment in whatever order its payments were learnt', () => {
    fc.assert(
      fc.property(anyTerms.chain((terms) => fc.tuple(fc.constant(terms), fc.shuffledSubarray(terms, { minLength: terms.length }))), ([terms, shuffled]) => {
        assert.equal(paidThrough(shuffled), paidThrough(terms));
      }),
    );
  });

  it('the same moment whether a voided payment was ever there or not', () => {
    fc.assert(fc.property(anyTerms, (terms) => assert.equal(paidThrough(terms), paidThrough(terms.filter(({ voidedAt }) => voidedAt === null)))));
  });

  it('not a day less for one payment more', () => {
    fc.assert(
      fc.property(anyTerms, fc.integer({ min: 1, max: 36 }), fc.uuid(), (terms, months, transactionId) => {
        const before = paidThrough(terms);
        const latest = Math.max(at('2024-01-01'), ...terms.map(({ paidAt }) => paidAt));
        const after = paidThrough([...terms, { transactionId, months, periodEndsAt: null, paidAt: latest + 1, voidedAt: null }]);
        if (before === null) assert.equal(after, null);
        else assert.ok(typeof after === 'number' && after > (before ?? 0));
      }),
    );
  });

  it('a full term more when it is renewed early, however early', () => {
    for (const paid of ['2026-01-16', '2026-06-01', '2026-12-31', '2027-01-15']) {
      assert.equal(shown(paidThrough([term('2026-01-15', 12), term(paid, 12)])), '2028-01-15');
    }
  });

  it('a term from the old end when it is renewed within two weeks after it, and from the payment later on', () => {
    assert.equal(shown(paidThrough([term('2026-01-15', 1), term('2026-02-28', 1)])), '2026-03-15');
    assert.equal(shown(paidThrough([term('2026-01-15', 1), term('2026-03-02', 1)])), '2026-04-02');
  });

  it('the last day of short months and the 31st of long ones when it began on the 31st', () => {
    const payments = ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'].map((paid) => term(paid, 1));
    const ends = payments.map((_, count) => shown(paidThrough(payments.slice(0, count + 1))));
    assert.deepEqual(ends, ['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30']);
    assert.equal(shown(paidThrough([term('2024-02-29', 12)])), '2025-02-28');
    assert.equal(shown(paidThrough([term('2024-02-29', 12), term('2025-02-28', 36)])), '2028-02-29');
  });

  it('the end that the provider names for the first period, and never less than a full renewal', () => {
    assert.equal(shown(paidThrough([term('2026-01-15', 1, { periodEndsAt: at('2026-02-14') })])), '2026-02-14');
    assert.equal(shown(paidThrough([term('2026-01-15', 1), term('2026-02-10', 1, { periodEndsAt: at('2026-03-10') })])), '2026-03-15');
    assert.equal(shown(paidThrough([term('2026-01-15', 1), term('2026-02-10', 1, { periodEndsAt: at('2026-03-20') })])), '2026-03-20');
    assert.equal(shown(paidThrough([term('2026-01-15', null, { periodEndsAt: at('2026-02-14') })])), '2026-02-14');
  });

  it('for ever once a perpetual term is paid, and what remains when that one is voided', () => {
    const perpetual = term('2026-03-01', null);
    assert.equal(paidThrough([term('2026-01-15', 1), perpetual, term('2026-05-01', 1)]), null);
    assert.equal(shown(paidThrough([term('2026-01-15', 1), { ...perpetual, voidedAt: 1 }])), '2026-02-15');
  });

  it('nothing at all when every term is voided', () => {
    assert.equal(paidThrough([]), undefined);
    assert.equal(paidThrough([term('2026-01-15', 1, { voidedAt: 1 }), term('2026-02-15', null, { voidedAt: 1 })]), undefined);
  });
});

describe('calendar months', () => {
  it('keep the time of day to the millisecond and the day where the month has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: at('2000-01-01'), max: at('2100-01-01') }), fc.integer({ min: 0, max: 240 }), (from, months) => {
        const [start, end] = [new Date(from), new Date(addMonths(from, months))];
        assert.equal(end.getTime() % day, start.getTime() % day);
        assert.equal(end.getUTCFullYear() * 12 + end.getUTCMonth(), start.getUTCFullYear() * 12 + start.getUTCMonth() + months);
        const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
        assert.equal(end.getUTCDate(), Math.min(start.getUTCDate(), lastDay));
      }),
    );
  });

  it('cross the year', () => {
    assert.equal(shown(addMonths(at('2026-11-30'), 3)), '2027-02-28');
    assert.equal(shown(addMonths(at('2026-12-31'), 120)), '2036-12-31');
  });
});
