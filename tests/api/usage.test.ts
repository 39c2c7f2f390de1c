import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { jobList } from '../../server/jobs/job-list.ts';
import { enqueueJob } from '../../server/jobs/enqueue.ts';
import { runDueJobs } from '../../server/jobs/worker.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { aiTermsOf } from '../../server/usage/ai-terms.ts';
import { reserveUsage } from '../../server/usage/reserve-usage.ts';
import { settleUsage } from '../../server/usage/settle-usage.ts';
import { noTokens } from '../../server/usage/token-usage.rules.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { anthropicAnswer } from '../providers/anthropic-wire.ts';
import { counted, ledger, question } from '../providers/chat-client.ts';
import { openAiAnswer, openAiError } from '../providers/openai-wire.ts';
import { startUpstream, type Upstream } from '../providers/upstream.ts';

const hourMs = 3_600_000;
const halfPastTwelve = Date.UTC(2026, 10, 21, 12, 30);

onBothDatabases('the quota of a licence', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  before(async () => {
    upstream = await startUpstream();
    const providers = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: upstream.url };
    app = await createTestApp(engine, providers, halfPastTwelve);
    upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicAnswer(['Hi']) : openAiAnswer('Hi'))(res, request));
  });
  after(async () => {
    await app.close();
    await upstream.close();
  });
  const chat = (body: Record<string, unknown> = {}) => app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, ...body } });
  const limits = async (monthly: number, hourly: number) => {
    await app.deps.db.updateTable('plans').set({ monthly_requests: monthly, hourly_requests: hourly }).where('code', '=', 'pro').execute();
  };
  const counterIsLedger = async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
  };

  it('is exhausted by the hour, says when it starts anew, and begins again with the next clock hour', async () => {
    await limits(100, 3);
    for (const remaining of ['2', '1', '0']) {
      const answer = await chat();
      assert.deepEqual([answer.headers['ratelimit-limit'], answer.headers['ratelimit-remaining'], answer.headers['ratelimit-reset']], ['3', remaining, '1800']);
    }
    for (const stream of [false, true]) {
      const before = upstream.received.length;
      const refused = await chat({ stream });
      assert.deepEqual([refused.status, refused.body.error.code, refused.headers['retry-after'], refused.headers['x-should-retry']], [429, 'RATE_LIMITED', '1800', 'false']);
      assert.deepEqual([refused.headers['ratelimit-remaining'], refused.headers['ratelimit-reset']], ['0', '1800']);
      assert.match(refused.body.error.message, /All 3 AI requests of this hour.*2026-11-21 13:00 UTC/);
      assert.equal(upstream.received.length, before, 'a refusal must not reach the provider');
    }
    app.clock.now = halfPastTwelve + hourMs / 2 - 1;
    assert.equal((await chat()).status, 429);
    app.clock.now += 1;
    const next = await chat();
    assert.deepEqual([next.status, next.body.quota.hour.used, next.body.quota.month.used], [200, 1, 4]);
    await counterIsLedger();
  });

  it('is exhausted by the month and begins again with the next calendar month', async () => {
    await limits(5, 100);
    const last = await chat();
    assert.deepEqual([last.status, last.headers['ratelimit-limit'], last.headers['ratelimit-remaining']], [200, '5', '0']);
    const refused = await chat();
    const untilDecember = (Date.UTC(2026, 11, 1) - app.clock.now) / 1000;
    assert.deepEqual([refused.status, refused.body.error.code, refused.headers['retry-after'], refused.headers['x-should-retry']], [429, 'QUOTA_EXHAUSTED', String(untilDecember), 'false']);
    assert.match(refused.body.error.message, /All 5 AI requests of this month.*2026-12-01 00:00 UTC/);
    app.clock.now = Date.UTC(2026, 11, 1) - 1;
    assert.equal((await chat()).body.error.code, 'QUOTA_EXHAUSTED');
    app.clock.now += 1;
    const first = await chat();
    assert.deepEqual([first.status, first.body.quota.month.used, first.body.quota.month.resets_at], [200, 1, '2027-01-01T00:00:00.000Z']);
    await counterIsLedger();
  });

  it('is not taken by a request that the provider refuses', async () => {
    const usual = (await counted(app)).month;
    upstream.answer(openAiError(500, { message: 'down', type: 'server_error' }));
    for (let count = 0; count < 4; count += 1) assert.equal((await chat()).status, 502);
    upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicAnswer(['Hi']) : openAiAnswer('Hi'))(res, request));
    assert.equal((await counted(app)).month, usual);
    await counterIsLedger();
  });

  it('is reported by provider and by day, and adds up', async () => {
    await limits(1_000, 100);
    await chat({ api_provider: 'anthropic' });
    app.clock.now = Date.UTC(2026, 11, 2, 8, 15);
    await chat();
    await chat({ api_provider: 'anthropic' });
    const { status, body } = await app.call('get', '/api/usage', { key: developmentKey });
    assert.equal(status, 200);
    assert.deepEqual([body.period, body.used, body.limit, body.remaining, body.resets_at], ['2026-12', 4, 1_000, 996, '2027-01-01T00:00:00.000Z']);
    assert.deepEqual(body.hour, { used: 2, limit: 100, remaining: 98, resets_at: '2026-12-02T09:00:00.000Z' });
    const sums = (requests: number, cached: number, reasoning: number, cost: number) => ({ requests, input_tokens: requests * 120, cached_tokens: cached, output_tokens: requests * 45, reasoning_tokens: reasoning, cost_microcents: cost });
    assert.deepEqual(body.by_provider, [{ provider: 'anthropic', ...sums(2, 80, 0, 55_300) }, { provider: 'openai', ...sums(2, 200, 40, 42_000) }]);
    assert.deepEqual(body.by_day, [{ day: '2026-12-01', ...sums(2, 140, 20, 48_650) }, { day: '2026-12-02', ...sums(2, 140, 20, 48_650) }]);
  });

  it('is not reset by a process whose clock is behind', async () => {
    const before = await counted(app);
    app.clock.now = Date.UTC(2026, 10, 30, 23, 59);
    assert.equal((await chat()).status, 200);
    const late = await counted(app);
    assert.deepEqual([late.month, late.hour], [before.month + 1, before.hour + 1]);
    app.clock.now = Date.UTC(2026, 11, 2, 8, 20);
    await counterIsLedger();
  });

  const request = async () => {
    const { id } = await app.deps.db.selectFrom('licenses').select('id').executeTakeFirstOrThrow();
    const { terms: { limits: current } } = await aiTermsOf(app.deps.db, id);
    return { licenseId: id, limits: current, most: { requests: 1, tokens: 0, cost: 0 }, site: null, visitor: null, endpoint: 'chat', provider: 'demo', model: 'demo', askedModel: null, keySource: 'managed' as const, isStream: false, lifetimeMs: 10 * 60_000 };
  };

  it('gets a request back only into the windows it was taken from, and only once', async () => {
    const { db, now } = app.deps;
    const reserved = await reserveUsage(db, await request(), now());
    assert.ok(reserved.outcome === 'reserved');
    app.clock.now += hourMs;
    await chat();
    const before = await counted(app);
    const release = () => settleUsage(db, reserved.reservation, { status: 'failed', isCharged: false, usage: noTokens, errorCode: 'PROVIDER_FAILED' }, now());
    assert.deepEqual([await release(), await release(), await release()], [true, false, false]);
    const released = await counted(app);
    assert.deepEqual([released.month, released.hour], [before.month - 1, before.hour]);
    await counterIsLedger();
  });

  it('is freed from reservations whose process died, by the recurring job, once their time is over', async () => {
    const { db, now } = app.deps;
    const before = await counted(app);
    for (let count = 0; count < 3; count += 1) await reserveUsage(db, await request(), now());
    assert.equal((await counted(app)).month, before.month + 3);
    const sweep = async () => {
      await enqueueJob(db, { kind: 'sweep-reservations', payload: {} }, now());
      await runDueJobs(app.deps, jobList);
    };
    app.clock.now += 10 * 60_000;
    await sweep();
    assert.equal((await counted(app)).reserved, 3, 'the time of a reservation must be over before it is swept');
    app.clock.now += 61_000;
    await sweep();
    const swept = (await ledger(app)).filter(({ status }) => status === 'swept');
    assert.deepEqual([swept.length, swept.every(({ charged_requests }) => charged_requests === 0), (await counted(app)).month], [3, true, before.month]);
    await counterIsLedger();
  });
});
