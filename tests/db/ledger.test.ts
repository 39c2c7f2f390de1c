import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as check, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check';
import { reserveUsage, type Reservation } from '../../server/usage/reserve-usage.ts';
import { settleUsage } from '../../server/usage/settle-usage.ts';
import { sweepReservations } from '../../server/usage/sweep-reservations.ts';
import { noTokens } from '../../server/usage/token-usage.rules.ts';
import { newId } from '../../server/ids.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

const minuteMs = 60_000;
const lifetimeMs = 30 * minuteMs;
const step = oneof(
  record({ do: constantFrom('reserve' as const), times: integer({ min: 1, max: 4 }) }),
  record({ do: constantFrom('complete' as const, 'fail' as const), which: integer({ min: 0, max: 20 }) }),
  record({ do: constantFrom('wait' as const), minutes: constantFrom(-10, 1, 25, 70, 60 * 24 * 20) }),
  record({ do: constantFrom('sweep' as const) }),
);

onBothDatabases('the usage ledger', (engine) => {
  const app = useTestApp(engine);

  it('adds up to the counter and stays within the limits, whatever is reserved, settled, repeated, swept and awaited in whatever order', async () => {
    const { deps, clock } = await app();
    const { db } = deps;
    await check(
      asyncProperty(array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const license = { id: newId(), monthly_requests: 8, hourly_requests: 3 };
        const reservations: Reservation[] = [];
        for (const each of steps) {
          if (each.do === 'wait') clock.now += each.minutes * minuteMs;
          else if (each.do === 'sweep') await sweepReservations(deps);
          else if (each.do === 'reserve') {
            const outcomes = await Promise.all(Array.from({ length: each.times }, () => reserveUsage(db, { license, site: null, endpoint: 'chat', provider: 'demo', model: 'demo', isStream: false, lifetimeMs }, clock.now)));
            for (const result of outcomes) if (result.outcome === 'reserved') reservations.push(result.reservation);
          } else {
            const reservation = reservations[each.which % Math.max(1, reservations.length)];
            const isCharged = each.do === 'complete';
            if (reservation) await settleUsage(db, reservation, { status: isCharged ? 'completed' : 'failed', isCharged, usage: noTokens }, clock.now);
          }
          const counter = await db.selectFrom('usage_counters').selectAll().where('license_id', '=', license.id).executeTakeFirst();
          if (!counter) continue;
          const rows = await db.selectFrom('usage_records').selectAll().where('license_id', '=', license.id).execute();
          const sum = (window: 'month_start' | 'hour_start') => rows.filter((row) => row[window] === counter[window]).reduce((total, row) => total + row.charged_requests, 0);
          assert.deepEqual([counter.month_requests, counter.hour_requests], [sum('month_start'), sum('hour_start')]);
          assert.ok(counter.month_requests <= license.monthly_requests && counter.hour_requests <= license.hourly_requests);
          assert.ok(counter.month_requests >= 0 && counter.hour_requests >= 0);
        }
      }),
      { numRuns: engine === 'sqlite' ? 60 : 20 },
    );
  });
});
