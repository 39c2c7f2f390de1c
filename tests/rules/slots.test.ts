import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { freeSlot } from '../../server/licenses/slots.rules.ts';

const slots = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 10 });

describe('a free slot', () => {
  it('is there exactly while fewer sites than allowed hold one', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 12 }), (used, limit) => {
      const taken = Array.from({ length: used }, (_, slot) => slot);
      assert.equal(freeSlot(taken, limit), used < limit ? used : undefined);
    }));
  });

  it('is one that nobody holds, and never one site too many, also after the limit was lowered', () => {
    fc.assert(fc.property(slots, fc.integer({ min: 0, max: 12 }), (taken, limit) => {
      const held = new Set(taken);
      for (let slot = freeSlot([...held], limit); slot !== undefined; slot = freeSlot([...held], limit)) {
        assert.ok(!held.has(slot));
        held.add(slot);
      }
      assert.ok(held.size <= Math.max(limit, taken.length));
    }));
  });

  it('is the same for two who ask at once while there is one left: whoever comes second finds it taken', () => {
    // Limit 2, lowered from 6: slot 5 is still held, so slots 0 and 1 must not be given to two who look at the same moment.
    const first = freeSlot([5], 2);
    assert.equal(first, 0);
    assert.equal(freeSlot([5, 0], 2), undefined);
    assert.equal(freeSlot([1, 5], 2), undefined);
    assert.equal(freeSlot([1], 2), 0);
  });
});
