import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweepReservations } from '../../server/usage/sweep-reservations.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { startApiProcess, type ApiProcess } from './api-process.ts';
import { counted, ledger, postChat } from './chat-client.ts';
import { beginOpenAiStream, openAiChunks, openAiError, openAiStream } from './openai-wire.ts';
import { startUpstream, type Script, type Upstream } from './upstream.ts';

const processes = 4;
const hourMs = 3_600_000;

onBothDatabases(`a quota that ${processes} processes draw on at once`, (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  let apis: ApiProcess[];
  /** Requests that failed in mid-stream. */
  let charged = 0;
  before(async () => {
    upstream = await startUpstream();
    app = await createTestApp(engine);
  });
  after(async () => {
    for (const api of apis) await api.stop();
    await app.close();
    await upstream.close();
  });
  const limits = (monthly: number, hourly: number) => app.deps.db.updateTable('plans').set({ monthly_requests: monthly, hourly_requests: hourly }).where('code', '=', 'pro').execute();
  const restart = async () => {
    for (const api of apis ?? []) await api.stop();
    apis = await Promise.all(Array.from({ length: processes }, () => startApiProcess(app, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1` })));
  };

  /** One request; a server that is too busy to decide is asked again, as every client does. */
  async function ask(url: string): Promise<number> {
    for (;;) {
      const answer = await postChat(url, { stream: true });
      const text = await answer.text();
      if (answer.status !== 503 || !text.includes('"BUSY"')) return answer.status;
      // Asked again and again at once, it would refuse this address for a minute.
      await sleep(100);
    }
  }

  /** Every process gets the same number of requests at once; returns how many had each status. */
  async function storm(perProcess: number): Promise<Record<number, number>> {
    const statuses = await Promise.all(apis.flatMap(({ url }) => Array.from({ length: perProcess }, () => ask(url))));
    const counts: Record<number, number> = {};
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  async function ledgerAgrees(month: number, hour: number): Promise<void> {
    assert.deepEqual(await counted(app), { month, hour, ledgerMonth: month, ledgerHour: hour, reserved: 0 });
  }

  it('grants exactly 100 of 200 requests in an hour, and 100 again in the next', async () => {
    upstream.answer(openAiStream(['Rubber', ' boots']));
    await limits(1_000, 100);
    await restart();
    assert.deepEqual(await storm(50), { 200: 100, 429: 100 });
    await ledgerAgrees(100, 100);
    app.clock.now += hourMs;
    await restart();
    assert.deepEqual(await storm(50), { 200: 100, 429: 100 });
    await ledgerAgrees(200, 100);
    assert.equal(upstream.received.length, 200);
  });

  it('grants exactly the rest of the month', async () => {
    await limits(250, 1_000);
    assert.deepEqual(await storm(25), { 200: 50, 429: 50 });
    await ledgerAgrees(250, 150);
  });

  it('is whole again when every request has failed, and what failed in mid-stream is charged', async () => {
    await limits(1_000, 1_000);
    const cut: Script = (res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.text('Rubber'));
    };
    let turn = 0;
    upstream.answer((res, request) => ((turn += 1) % 2 === 0 ? cut : openAiError(400, { message: 'no' }))(res, request));
    // As soon as a process finds the provider broken, its circuit breaker refuses the rest.
    const { 200: begun = 0, 400: rejected = 0, 503: refused = 0 } = await storm(25);
    assert.ok(begun > 0 && rejected > 0 && begun + rejected + refused === 100, JSON.stringify({ begun, rejected, refused }));
    charged = begun;
    await ledgerAgrees(250 + charged, 150 + charged);
  });

  it('gets back what was reserved by processes that were killed, once the sweeper has run', async () => {
    upstream.answer((res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.text('Rubber'));
    });
    await restart();
    const index = upstream.received.length;
    const cut = Promise.allSettled(apis.flatMap(({ url }) => Array.from({ length: 5 }, async () => (await postChat(url, { stream: true })).text())));
    await upstream.request(index + 5 * processes - 1);
    for (const { child } of apis) child.kill('SIGKILL');
    await cut;
    assert.equal((await counted(app)).reserved, 5 * processes);
    app.clock.now += hourMs - 1;
    await sweepReservations(app.deps);
    await ledgerAgrees(250 + charged, 150 + charged);
    assert.equal((await ledger(app)).filter(({ status }) => status === 'swept').length, 5 * processes);
  });
});
