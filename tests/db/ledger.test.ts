import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as check, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check';
import { limitsOf, quotaUnits, type Limits } from '../../server/usage/limits.rules.ts';
import { quotaWindows } from '../../server/usage/period.rules.ts';
import { reserveUsage, type Reservation } from '../../server/usage/reserve-usage.ts';
import { settleUsage } from '../../server/usage/settle-usage.ts';
import { sweepReservations } from '../../server/usage/sweep-reservations.ts';
import { noTokens } from '../../server/usage/token-usage.rules.ts';
import { newId } from '../../server/ids.ts';
import type { Db } from '../../server/db/database.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

const minuteMs = 60_000;
const lifetimeMs = 30 * minuteMs;
const quotas = {
  license: { hour: { tokens: 60 }, day: { requests: 6, cost: 900 }, month: { tokens: 200 } },
  site: { hour: { requests: 2 }, month: { cost: 700 } },
  visitor: { day: { tokens: 30 } },
};
const limits: Limits = limitsOf({ monthly_requests: 8, hourly_requests: 3, plan_quotas: JSON.stringify(quotas), license_quotas: null, monthly_budget_microcents: 1_500 });
const step = oneof(
  record({ do: constantFrom('reserve' as const), times: integer({ min: 1, max: 4 }), site: constantFrom(null, 'a.example', 'b.example'), visitor: constantFrom(null, 'v1', 'v2'), tokens: integer({ min: 0, max: 40 }), cost: integer({ min: 0, max: 500 }) }),
  record({ do: constantFrom('complete' as const, 'fail' as const), which: integer({ min: 0, max: 20 }), part: integer({ min: 0, max: 100 }) }),
  record({ do: constantFrom('wait' as const), minutes: constantFrom(-10, 1, 25, 70, 60 * 24, 60 * 24 * 20) }),
  record({ do: constantFrom('sweep' as const) }),
);

/** Every counter of a licence holds exactly what the ledger charges to its windows, and no more than the limits allow. */
async function countersAgree(db: Db, licenseId: string): Promise<void> {
  const rows = await db.selectFrom('usage_records').selectAll().where('license_id', '=', licenseId).execute();
  const counters = await db.selectFrom('quota_counters').selectAll().where('license_id', '=', licenseId).execute();
  for (const counter of counters) {
    const [scope, name] = counter.scope === '' ? ['license' as const, ''] : (counter.scope.split(':') as ['site' | 'visitor', string]);
    const own = rows.filter((row) => scope === 'license' || row[scope] === name);
    for (const window of quotaWindows) {
      for (const unit of quotaUnits) {
        const column = unit === 'cost' ? 'charged_cost_microcents' : (`charged_${unit}` as const);
        const sum = own.filter((row) => row[`${window}_start`] === counter[`${window}_start`]).reduce((total, row) => total + row[column], 0);
        assert.equal(counter[`${window}_${unit}`], sum, `${counter.scope || 'licence'}: ${unit} of the ${window}`);
        assert.ok(sum >= 0 && sum <= limits[scope][window][unit], `${counter.scope || 'licence'}: ${sum} ${unit} of ${limits[scope][window][unit]} in the ${window}`);
      }
    }
  }
}

onBothDatabases('the usage ledger', (engine) => {
  const app = useTestApp(engine);

  it('adds up to every counter and stays within every limit, whatever is reserved, settled, repeated, swept and awaited in whatever order', async () => {
    const { deps, clock } = await app();
    const { db } = deps;
    await check(
      asyncProperty(array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const licenseId = newId();
        const reservations: Reservation[] = [];
        for (const each of steps) {
          if (each.do === 'wait') clock.now += each.minutes * minuteMs;
          else if (each.do === 'sweep') await sweepReservations(deps);
          else if (each.do === 'reserve') {
            const { site, visitor, tokens, cost } = each;
            const request = { licenseId, limits, site, visitor, most: { requests: 1, tokens, cost }, endpoint: 'chat', provider: 'demo', model: 'demo', askedModel: null, keySource: 'managed' as const, isStream: false, lifetimeMs };
            const outcomes = await Promise.all(Array.from({ length: each.times }, () => reserveUsage(db, request, clock.now)));
            for (const result of outcomes) if (result.outcome === 'reserved') reservations.push(result.reservation);
          } else {
            const reservation = reservations[each.which % Math.max(1, reservations.length)];
            if (!reservation) continue;
            const isCharged = each.do === 'complete';
            const part = (amount: number) => Math.floor((amount * each.part) / 100);
            const usage = { ...noTokens, input: part(reservation.reserved.tokens), isExact: true };
            await settleUsage(db, reservation, { status: isCharged ? 'completed' : 'failed', isCharged, usage, costMicrocents: part(reservation.reserved.cost) }, clock.now);
          }
          await countersAgree(db, licenseId);
        }
      }),
      { numRuns: engine === 'sqlite' ? 60 : 10 },
    );
  });

  it('makes a counter that is missing from what stands in the ledger', async () => {
    const { deps, clock } = await app();
    const licenseId = newId();
    const request = { licenseId, limits, site: 'a.example', visitor: 'v1', most: { requests: 1, tokens: 10, cost: 5 }, endpoint: 'chat', provider: 'demo', model: 'demo', askedModel: null, keySource: 'managed' as const, isStream: false, lifetimeMs };
    assert.equal((await reserveUsage(deps.db, request, clock.now)).outcome, 'reserved');
    await deps.db.deleteFrom('quota_counters').where('license_id', '=', licenseId).execute();
    assert.equal((await reserveUsage(deps.db, request, clock.now)).outcome, 'reserved');
    const refused = await reserveUsage(deps.db, request, clock.now);
    assert.deepEqual(refused.outcome === 'exhausted' && [refused.exceeded.scope, refused.exceeded.window, refused.exceeded.unit, refused.exceeded.used], ['site', 'hour', 'requests', 2]);
    await countersAgree(deps.db, licenseId);
  });
});
