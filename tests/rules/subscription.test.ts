import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalItems, fitSeats, graceOf, isLaterSnapshot, lifeEvents, standingOf, type SubscriptionFacts } from '../../server/billing/subscription.rules.ts';
import { monthsBetween } from '../../server/billing/stripe/parse-stripe-invoice.ts';
import { licenseState, type StatusFacts } from '../../server/licenses/license-status.rules.ts';

const now = Date.UTC(2026, 10, 21);
const day = 24 * 3600 * 1000;
const good: StatusFacts = { confirmed_at: 1, suspended_at: null, cancelled_at: null, revoked_at: null, subscription_status: 'active', expires_at: now + day, grace_ms: 7 * day };

it('a licence is what its gravest fact makes it: refunded > cancelled > paused > past due beyond grace > expired > active', () => {
  const ended = { expires_at: now - 8 * day };
  const cases: [Partial<StatusFacts>, string][] = [
    [{ revoked_at: 1, ...ended }, 'cancelled'], [{ subscription_status: 'cancelled' }, 'cancelled'], [{ subscription_status: 'cancelled', suspended_at: 1, ...ended }, 'cancelled'],
    [{ subscription_status: 'paused' }, 'suspended'], [{ subscription_status: 'paused', ...ended }, 'suspended'], [{ confirmed_at: null }, 'pending'],
    [{ subscription_status: 'past_due' }, 'active'], [{ subscription_status: 'past_due', expires_at: now - 6 * day }, 'active'], [{ subscription_status: 'past_due', ...ended }, 'suspended'],
    [{ ...ended }, 'expired'], [{ expires_at: now - 6 * day }, 'active'], [{ expires_at: now - 7 * day }, 'expired'], [{ expires_at: now - 1, grace_ms: 0 }, 'expired'], [{ expires_at: null, subscription_status: 'past_due' }, 'active'], [{}, 'active'],
  ];
  for (const [facts, state] of cases) assert.equal(licenseState({ ...good, ...facts }, now), state, JSON.stringify(facts));
});

const nothing: SubscriptionFacts = { status: 'unseen', snapshot_at: 0, cancel_at: null, items: null, payment_failed_at: null, last_paid_at: null };

it('a payment that fails makes a subscription past due until a payment or a newer state says otherwise', () => {
  const active = { ...nothing, status: 'active', snapshot_at: 10, last_paid_at: 9 };
  assert.deepEqual([standingOf(nothing), standingOf({ ...nothing, last_paid_at: 5 }), standingOf(active), standingOf({ ...active, payment_failed_at: 11 }), standingOf({ ...active, payment_failed_at: 9 }), standingOf({ ...active, payment_failed_at: 11, last_paid_at: 12 })], [null, 'active', 'active', 'past_due', 'active', 'active']);
  assert.deepEqual([standingOf({ ...active, status: 'paused', payment_failed_at: 11 }), standingOf({ ...active, status: 'pending' })], ['paused', null]);
  assert.deepEqual([graceOf('active', null, 7), graceOf('past_due', null, 7), graceOf('active', 99, 7), graceOf('paused', null, 7), graceOf('expired', null, 7), graceOf(null, null, 7)], [7, 7, 0, 0, 0, 0]);
});

it('what happened is what lies between two states, also when states were skipped', () => {
  const active = { ...nothing, status: 'active', snapshot_at: 10, items: canonicalItems([{ productIds: ['a'], quantity: 1 }]) };
  const next = (changes: Partial<SubscriptionFacts>) => lifeEvents(active, { ...active, snapshot_at: 11, ...changes });
  assert.deepEqual([next({}), next({ status: 'past_due' }), next({ status: 'paused' }), next({ cancel_at: 5 }), next({ status: 'cancelled', cancel_at: 5 }), next({ items: canonicalItems([{ productIds: ['a'], quantity: 2 }]) }), next({ payment_failed_at: 20 })],
    [[], ['PaymentFailed'], ['Paused'], ['CancelScheduled'], ['Cancelled'], ['PlanChanged'], ['PaymentFailed']]);
  assert.deepEqual(lifeEvents({ ...active, status: 'paused' }, active), ['Resumed']);
  assert.deepEqual(lifeEvents({ ...active, cancel_at: 5 }, active), ['CancelUnscheduled']);
  assert.deepEqual(lifeEvents({ ...active, status: 'past_due' }, active), ['PaymentRecovered']);
  assert.deepEqual(lifeEvents(nothing, { ...nothing, status: 'trialing' }), ['TrialStarted']);
});

it('the newest snapshot stands in whatever order they come; of two of one moment the one that is further on', () => {
  const snapshot = fc.record({ status: fc.constantFrom('active', 'past_due', 'paused', 'cancelled', 'trialing'), snapshotAt: fc.nat(3) } as const);
  const last = (snapshots: { status: 'active' | 'past_due' | 'paused' | 'cancelled' | 'trialing'; snapshotAt: number }[]) => {
    let known = { status: 'unseen', snapshot_at: -1 };
    for (const next of snapshots) if (isLaterSnapshot(next, known)) known = { status: next.status, snapshot_at: next.snapshotAt };
    return known;
  };
  fc.assert(fc.property(fc.array(snapshot, { maxLength: 6 }).chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))), ([list, shuffled]) => assert.deepEqual(last(list), last(shuffled))));
});

it('a seat keeps its licence when its plan changes, and no seat is lost or invented', () => {
  const seat = fc.constantFrom('starter', 'pro', 'agency');
  fc.assert(
    fc.property(fc.array(seat, { maxLength: 8 }), fc.uniqueArray(fc.record({ planId: seat, quantity: fc.nat(5) }), { selector: ({ planId }) => planId, maxLength: 3 }), (plans, wanted) => {
      const seats = plans.map((planId, index) => ({ licenseId: String(index), planId }));
      const { kept, missing, surplus } = fitSeats(seats, wanted);
      const total = wanted.reduce((sum, { quantity }) => sum + quantity, 0);
      assert.equal(kept.length + missing.reduce((sum, { quantity }) => sum + quantity, 0), total);
      assert.equal(kept.length + surplus.length, seats.length);
      assert.equal(new Set([...kept.map(({ licenseId }) => licenseId), ...surplus]).size, seats.length);
      for (const { planId, quantity } of wanted) assert.equal(kept.filter((item) => item.planId === planId).length + (missing.find((item) => item.planId === planId)?.quantity ?? 0), quantity);
    }),
  );
  assert.deepEqual(fitSeats([{ licenseId: 'a', planId: 'starter' }], [{ planId: 'pro', quantity: 1 }]).kept, [{ licenseId: 'a', planId: 'pro' }]);
});

it('a period of whole months is counted in months, any other by its end', () => {
  const at = (text: string) => Date.parse(text);
  assert.deepEqual([monthsBetween(at('2026-01-31T10:00Z'), at('2026-02-28T10:00Z')), monthsBetween(at('2026-11-21T10:00Z'), at('2027-11-21T10:00Z')), monthsBetween(at('2026-11-01T00:00Z'), at('2026-11-15T00:00Z')), monthsBetween(5, 5)], [1, 12, null, null]);
});
