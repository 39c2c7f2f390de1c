import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyDelivery, markDeliveryDead } from '../../server/billing/apply-delivery.ts';
import { replayDelivery } from '../../server/billing/replay-delivery.ts';
import { enqueueJob, wakeJobsWaitingFor } from '../../server/jobs/enqueue.ts';
import { DeadLetter, WaitFor } from '../../server/jobs/job-kinds.ts';
import { runDueJobs, startWorker } from '../../server/jobs/worker.ts';
import { occupyDatabase, onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, map, sendWoo, statusesOf, wooOrder, work } from '../deliveries.ts';

const by = { actor: 'test' };
const leaseMs = 20_000;
const longestWaitMs = 20_000;

onBothDatabases('the queue', (engine) => {
  const app = useTestApp(engine, billingVariables);
  const jobRows = async () => (await app()).deps.db.selectFrom('jobs').select(['status', 'attempts', 'last_error']).where('kind', '=', 'send-email').execute();
  const clear = async () => (await app()).deps.db.deleteFrom('jobs').execute();

  it('is worked on although the database was busy when the worker started', async () => {
    const shop = await app();
    await clear();
    const giveBack = await occupyDatabase(shop);
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = startWorker(shop.deps, { 'prune-expired': { everyMs: 60_000, run: async () => resolve() } });
    await sleep(1_500);
    await giveBack();
    await Promise.race([promise, sleep(longestWaitMs, undefined, { ref: false }).then(() => assert.fail('it never ran'))]).finally(() => worker.stop());
  });

  it('runs what recurs although an older version has given up on it', async () => {
    const shop = await app();
    await clear();
    await enqueueJob(shop.deps.db, { kind: 'prune-expired', payload: {}, dedupeKey: 'every:prune-expired' }, shop.clock.now);
    await runDueJobs(shop.deps, {});
    assert.equal((await shop.deps.db.selectFrom('jobs').select('status').executeTakeFirst())?.status, 'dead');
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = startWorker(shop.deps, { 'prune-expired': { everyMs: 60_000, run: async () => resolve() } });
    await Promise.race([promise, sleep(longestWaitMs, undefined, { ref: false }).then(() => assert.fail('it never ran'))]).finally(() => worker.stop());
  });

  it('does not take a job for failed that has done its work and could not be ticked off', async () => {
    const shop = await app();
    await clear();
    await enqueueJob(shop.deps.db, { kind: 'send-email', payload: { emailId: 'x' }, maxAttempts: 1 }, shop.clock.now);
    const dead: string[] = [];
    let giveBack: () => Promise<void> = async () => undefined;
    let runs = 0;
    const jobs = {
      'send-email': {
        run: async () => {
          runs += 1;
          if (runs === 1) giveBack = await occupyDatabase(shop);
        },
        onDead: async (_deps: unknown, _payload: unknown, reason: string) => void dead.push(reason),
      },
    };
    // Looking for the next job fails as well.
    await runDueJobs(shop.deps, jobs).catch((error: unknown) => assert.equal((error as { code?: string }).code, 'BUSY'));
    await giveBack();
    assert.deepEqual(dead, []);
    assert.equal((await jobRows())[0]?.status, 'running');
    shop.clock.now += leaseMs + 1;
    await runDueJobs(shop.deps, jobs);
    assert.deepEqual([runs, dead, await jobRows()], [2, [], []]);
  });

  it('gives up on a job whose process ends each time', async () => {
    const shop = await app();
    await clear();
    await enqueueJob(shop.deps.db, { kind: 'send-email', payload: { emailId: 'x' }, maxAttempts: 2 }, shop.clock.now);
    const dead: string[] = [];
    let runs = 0;
    const jobs = { 'send-email': { run: async () => void (runs += 1), onDead: async (_deps: unknown, _payload: unknown, reason: string) => void dead.push(reason) } };
    // As a process leaves it behind that was killed again and again.
    await shop.deps.db.updateTable('jobs').set({ status: 'running', attempts: 40, locked_by: 'a process that is gone', locked_until: shop.clock.now - 1 }).execute();
    await runDueJobs(shop.deps, jobs);
    assert.equal(runs, 0);
    assert.match(dead[0] ?? '', /ended while it ran/);
    assert.equal((await jobRows())[0]?.status, 'dead');
  });

  it('loses no replay that comes while the delivery is being finished', async () => {
    const shop = await app();
    await clear();
    await sendWoo(shop, wooOrder());
    const [delivery] = (await deliveriesOf(shop)).slice(-1);
    let runs = 0;
    const jobs = {
      'apply-delivery': {
        run: async (deps: TestApp['deps'], payload: { inboxId: string }) => {
          runs += 1;
          await applyDelivery(deps, payload);
          if (runs === 1) await replayDelivery(deps.db, payload.inboxId, by, shop.clock.now);
        },
      },
    };
    await runDueJobs(shop.deps, jobs);
    assert.equal(runs, 2);
    assert.equal((await deliveriesOf(shop)).find(({ id }) => id === delivery?.id)?.status, 'handled');
  });

  it('runs a replayed delivery at once that waits for its next attempt', async () => {
    const shop = await app();
    await clear();
    const order = wooOrder({ line_items: [{ id: 1, name: 'New', product_id: 0, variation_id: 0, quantity: 1, total: '1.00', sku: 'LATER' }] });
    await sendWoo(shop, order);
    const failing = { 'apply-delivery': { run: () => Promise.reject(new Error('not now')) } };
    await runDueJobs(shop.deps, failing);
    await map(shop, 'woocommerce', 'LATER', 'pro');
    const [delivery] = (await deliveriesOf(shop)).slice(-1);
    await replayDelivery(shop.deps.db, delivery?.id ?? '', by, shop.clock.now);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['LATER:active']);
  });

  it('runs a job at once for which something came while it looked in vain', async () => {
    const shop = await app();
    await clear();
    await enqueueJob(shop.deps.db, { kind: 'send-email', payload: { emailId: 'x' } }, shop.clock.now);
    let runs = 0;
    const jobs = {
      'send-email': {
        run: async () => {
          runs += 1;
          if (runs === 2) await wakeJobsWaitingFor(shop.deps.db, 'the test', shop.clock.now);
          if (runs < 3) throw new WaitFor('the test', 'waiting for the test');
        },
      },
    };
    await runDueJobs(shop.deps, jobs);
    shop.clock.now += 60_000;
    await runDueJobs(shop.deps, jobs);
    assert.deepEqual([runs, await jobRows()], [3, []]);
  });

  it('never turns a delivery that is handled into a dead letter', async () => {
    const shop = await app();
    await clear();
    await sendWoo(shop, wooOrder());
    await work(shop);
    const [delivery] = (await deliveriesOf(shop)).slice(-1);
    await enqueueJob(shop.deps.db, { kind: 'apply-delivery', payload: { inboxId: delivery?.id ?? '' } }, shop.clock.now);
    await runDueJobs(shop.deps, { 'apply-delivery': { run: () => Promise.reject(new DeadLetter('a second attempt that came too late')), onDead: markDeliveryDead } });
    const after = (await deliveriesOf(shop)).find(({ id }) => id === delivery?.id);
    assert.deepEqual([after?.status, after?.reason], ['handled', null]);
  });

  it('lets no mail server, receiver or shop that hangs hold up a purchase, and no round of reminders a key', async () => {
    const shop = await app();
    await clear();
    const { db } = shop.deps;
    const [released, bought, mailed, told] = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    if (!released || !bought || !mailed || !told) throw new Error('four promises were made');
    const hang = async () => released.promise;
    for (let n = 0; n < 12; n += 1) {
      await enqueueJob(db, { kind: 'send-email', payload: { emailId: `reminder-${n}` }, lane: 'reminders' }, shop.clock.now);
      await enqueueJob(db, { kind: 'send-webhook', payload: { deliveryId: `${n}` } }, shop.clock.now);
      await enqueueJob(db, { kind: 'write-back-order', payload: { orderId: `${n}` } }, shop.clock.now);
    }
    await enqueueJob(db, { kind: 'send-email', payload: { emailId: 'key' } }, shop.clock.now);
    const worker = startWorker(shop.deps, {
      'send-email': { run: (_deps, { emailId }) => (emailId === 'key' ? Promise.resolve(mailed.resolve()) : hang()) },
      'send-webhook': { run: hang },
      'write-back-order': { run: hang },
      'apply-delivery': { run: async () => bought.resolve() },
      'write-notice': { run: async () => told.resolve() },
    });
    const late = sleep(longestWaitMs, undefined, { ref: false }).then(() => assert.fail('it waits behind what hangs'));
    try {
      await Promise.race([mailed.promise, late]);
      for (let n = 0; n < 12; n += 1) await enqueueJob(db, { kind: 'send-email', payload: { emailId: `${n}` } }, shop.clock.now);
      await enqueueJob(db, { kind: 'apply-delivery', payload: { inboxId: 'x' } }, shop.clock.now);
      await Promise.race([bought.promise, late]);
      await enqueueJob(db, { kind: 'write-notice', payload: { template: 'refund', cause: 'x', licenseIds: [], facts: {} } }, shop.clock.now);
      await Promise.race([told.promise, late]);
    } finally {
      released.resolve();
      await worker.stop();
      await clear();
    }
  });
});
