import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { abandoned, admit, breakerLimits, closedBreaker, failed, retryAtOf, stateOf, succeeded, type Breaker } from '../../server/ai/breaker/breaker.rules.ts';

const start = Date.UTC(2026, 10, 21, 12);
const seconds = (count: number) => count * 1_000;
const fail = (breaker: Breaker, now: number, isProbe = false) => failed(breaker, isProbe, 'PROVIDER_FAILED', now);

function openedAt(now: number): Breaker {
  let breaker = closedBreaker;
  for (let count = 0; count < breakerLimits.failuresInRow; count += 1) breaker = fail(breaker, now);
  return breaker;
}

describe('a circuit breaker', () => {
  it('opens with the fifth failure in a row, and not with the fourth', () => {
    let breaker = closedBreaker;
    for (let count = 1; count <= 4; count += 1) breaker = fail(breaker, start + seconds(count));
    assert.deepEqual([stateOf(breaker, start), breaker.failures], ['closed', 4]);
    breaker = fail(breaker, start + seconds(5));
    assert.deepEqual([stateOf(breaker, start + seconds(5)), retryAtOf(breaker, start + seconds(5))], ['open', start + seconds(20)]);
  });

  it('opens when half of at least ten calls in 30 seconds have failed, though never five in a row', () => {
    let breaker = closedBreaker;
    for (let count = 0; count < 4; count += 1) breaker = fail(succeeded(breaker, false, start + seconds(count)), start + seconds(count));
    assert.equal(stateOf(breaker, start + seconds(4)), 'closed');
    breaker = fail(succeeded(breaker, false, start + seconds(5)), start + seconds(5));
    assert.equal(stateOf(breaker, start + seconds(5)), 'open');
  });

  it('forgets calls that are older than that', () => {
    let breaker = closedBreaker;
    for (let count = 0; count < 40; count += 1) breaker = fail(succeeded(breaker, false, start + seconds(count * 8)), start + seconds(count * 8));
    assert.equal(stateOf(breaker, start + seconds(312)), 'closed');
    assert.ok(breaker.recent.length <= 30);
  });

  it('lets nobody through while it is open, then one, and all once that one works', () => {
    const breaker = openedAt(start);
    assert.equal(admit(breaker, start + seconds(15) - 1).admission, 'refused');
    const probing = admit(breaker, start + seconds(15));
    assert.deepEqual([probing.admission, stateOf(probing.breaker, start + seconds(15)), admit(probing.breaker, start + seconds(60)).admission], ['probe', 'half_open', 'refused']);
    const closed = succeeded(probing.breaker, true, start + seconds(16));
    assert.deepEqual([stateOf(closed, start + seconds(16)), closed.failures, admit(closed, start + seconds(16)).admission], ['closed', 0, 'call']);
  });

  it('doubles its pause with every probe that fails, up to five minutes', () => {
    let breaker = openedAt(start);
    let now = start;
    const pauses: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      const retryAt = retryAtOf(breaker, now) ?? assert.fail('it is not open');
      pauses.push((retryAt - now) / 1_000);
      now = retryAt;
      breaker = fail(admit(breaker, now).breaker, now, true);
    }
    assert.deepEqual(pauses, [15, 30, 60, 120, 240, 300, 300]);
    assert.equal(breaker.opening?.openedAt, start);
    const closed = succeeded(admit(breaker, now + seconds(300)).breaker, true, now + seconds(300));
    let again = closed;
    for (let count = 0; count < 5; count += 1) again = fail(again, now + seconds(301));
    assert.equal(again.opening?.pauseMs, 15_000);
  });

  it('asks the next one when the client of a probe has left', () => {
    const probing = admit(openedAt(start), start + seconds(15)).breaker;
    assert.equal(admit(abandoned(probing, true), start + seconds(15)).admission, 'probe');
    assert.equal(admit(abandoned(probing, false), start + seconds(15)).admission, 'refused');
  });

  it('is not moved by calls that began before it opened', () => {
    const breaker = openedAt(start);
    assert.deepEqual(succeeded(breaker, false, start + seconds(1)), breaker);
    assert.deepEqual(fail(breaker, start + seconds(1)), breaker);
  });

  it('never has two probes under way, never refuses while it is closed, and never pauses longer than five minutes, whatever happens', () => {
    const step = fc.record({ what: fc.constantFrom('call', 'succeed', 'fail', 'leave'), afterMs: fc.integer({ min: 0, max: 120_000 }), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let breaker = closedBreaker;
        let now = start;
        const underWay: boolean[] = [];
        for (const { what, afterMs, which } of steps) {
          now += afterMs;
          if (what === 'call') {
            const state = stateOf(breaker, now);
            const { admission, breaker: next } = admit(breaker, now);
            assert.equal(admission === 'call', state === 'closed');
            assert.equal(admission === 'refused', retryAtOf(breaker, now) !== undefined);
            breaker = next;
            if (admission !== 'refused') underWay.push(admission === 'probe');
          } else if (underWay.length > 0) {
            const [isProbe = false] = underWay.splice(which % underWay.length, 1);
            breaker = what === 'succeed' ? succeeded(breaker, isProbe, now) : what === 'fail' ? fail(breaker, now, isProbe) : abandoned(breaker, isProbe);
          }
          assert.ok(underWay.filter(Boolean).length <= 1);
          assert.ok((breaker.opening?.pauseMs ?? 0) <= breakerLimits.longestPauseMs);
          assert.ok(breaker.opening === undefined || breaker.opening.isProbing === underWay.includes(true));
        }
      }),
    );
  });
});
