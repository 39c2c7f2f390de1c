import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quotaUnits, type QuotaUnit } from '../../server/usage/limits.rules.ts';
import { quotaWindows, type QuotaWindow } from '../../server/usage/period.rules.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { startApiProcess, type ApiProcess } from './api-process.ts';
import { ledger } from './chat-client.ts';
import { openAiStream } from './openai-wire.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const processes = 4;
const streams = 100;
const site = 'race.example.com';
const visitor = 'visitor-0123456789';
/** What the upstream reports, and by the prices of the tests costs. */
const answerTokens = 165;
const roomFor = 30;
const scopes = ['license', 'site', 'visitor'] as const;
const columns: Record<QuotaUnit, 'charged_requests' | 'charged_tokens' | 'charged_cost_microcents'> = { requests: 'charged_requests', tokens: 'charged_tokens', cost: 'charged_cost_microcents' };

onBothDatabases(`${streams} streams at once at the edge of a quota, on ${processes} processes`, (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  let apis: ApiProcess[] = [];
  let answerCost = 0;
  before(async () => {
    upstream = await startUpstream();
    upstream.answer(openAiStream(['Rubber', ' boots']));
    app = await createTestApp(engine);
    await app.deps.db.updateTable('plans').set({ monthly_requests: 100_000, hourly_requests: 100_000, allowed_models: JSON.stringify(['gpt-5.4-mini']) }).where('code', '=', 'agency').execute();
    apis = await Promise.all(Array.from({ length: processes }, () => startApiProcess(app, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, TRUST_PROXY: '1' })));
    const { key, id } = await license({});
    assert.equal(await ask(apis[0]?.url ?? '', key), 200);
    answerCost = (await rows(id))[0]?.charged_cost_microcents ?? 0;
    assert.ok(answerCost > 0, 'an answer must cost something');
  });
  after(async () => {
    for (const api of apis) await api.stop();
    await app.close();
    await upstream.close();
  });

  async function license(quotas: object): Promise<{ key: string; id: string }> {
    const created = await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'race@example.com', plan: 'agency', months: 12, domain: site } });
    const { license_key: key } = created.body as { license_key: string };
    const { id } = await app.deps.db.selectFrom('licenses').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
    await app.deps.db.updateTable('licenses').set({ quotas: JSON.stringify(quotas) }).where('id', '=', id).execute();
    return { key, id };
  }

  /** An address for each token: one address has a limit of its own. */
  const addresses = new Map<string, string>();
  const addressOf = (key: string) => addresses.get(key) ?? addresses.set(key, `10.0.${addresses.size >> 8}.${addresses.size & 255}`).get(key) ?? '';

  /** One stream; a server that is too busy to decide is asked again. */
  async function ask(url: string, key: string): Promise<number> {
    const body = JSON.stringify({ model: 'chatello-fast', stream: true, max_tokens: 60, messages: [{ role: 'user', content: 'Which shoes go with rain? '.repeat(20) }] });
    const browser = key.startsWith('cvt_') ? { origin: `https://${site}`, 'x-forwarded-for': addressOf(key) } : { 'x-site-domain': site };
    for (;;) {
      const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...browser }, body });
      const text = await answer.text();
      assert.ok([200, 429, 503].includes(answer.status), `${answer.status} ${text}`);
      if (answer.status !== 503) return answer.status;
      // Asked again and again at once, it would refuse this address for a minute.
      await sleep(100);
    }
  }

  async function rows(licenseId: string) {
    return (await ledger(app)).filter((row) => row.license_id === licenseId);
  }

  /** What the streams are asked with: the licence key, or one token for every few streams of the same visitor. */
  async function keysFor(scope: (typeof scopes)[number], key: string): Promise<string[]> {
    if (scope !== 'visitor') return [key];
    const answers = await Promise.all(Array.from({ length: 3 }, () => app.call('post', '/api/v1/visitor-tokens', { key, body: { origin: `https://${site}`, visitor, max_requests: 100 } })));
    return answers.map(({ body }) => (body as { token: string }).token);
  }

  const limitOf = (unit: QuotaUnit) => ({ requests: roomFor, tokens: roomFor * answerTokens + 7, cost: roomFor * answerCost + 7 })[unit];

  for (const scope of scopes) {
    for (const window of quotaWindows) {
      for (const unit of quotaUnits) it(`never go over the ${unit} of a ${scope} in a ${window}, and use them up`, () => storm(scope, window, unit));
    }
  }

  async function storm(scope: (typeof scopes)[number], window: QuotaWindow, unit: QuotaUnit): Promise<void> {
    const limit = limitOf(unit);
    const { key, id } = await license({ [scope]: { [window]: { [unit]: limit } } });
    const keys = await keysFor(scope, key);
    const statuses = await Promise.all(Array.from({ length: streams }, (_, index) => ask(apis[index % processes]?.url ?? '', keys[index % keys.length] ?? '')));
    assert.ok(statuses.includes(200) && statuses.includes(429), JSON.stringify(statuses));
    // One after the other, until the rest is smaller than what a request may need.
    for (const { url } of [...apis, ...apis, ...apis, ...apis, ...apis, ...apis, ...apis, ...apis]) if ((await ask(url, keys.at(-1) ?? '')) === 429) break;
    const records = await rows(id);
    assert.equal(records.filter(({ status }) => status === 'reserved').length, 0);
    const sum = records.reduce((total, record) => total + record[columns[unit]], 0);
    assert.ok(sum <= limit, `${sum} of ${limit}`);
    assert.ok(sum > limit / 2, `only ${sum} of ${limit} could be used`);
    const counters = await app.deps.db.selectFrom('quota_counters').selectAll().where('license_id', '=', id).execute();
    assert.equal(counters.length, scope === 'visitor' ? 3 : 2);
    for (const counter of counters) assert.equal(counter[`${window}_${unit}`], sum, counter.scope);
  }
});
