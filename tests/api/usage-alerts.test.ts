import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { aiTermsOf } from '../../server/usage/ai-terms.ts';
import { reserveUsage } from '../../server/usage/reserve-usage.ts';
import { sendUsageAlerts } from '../../server/usage/send-usage-alerts.ts';
import { settleUsage } from '../../server/usage/settle-usage.ts';
import { noTokens } from '../../server/usage/token-usage.rules.ts';
import { thresholdsReached } from '../../server/usage/usage-alerts.rules.ts';
import { work } from '../deliveries.ts';
import { onBothDatabases } from '../harness.ts';
import { createWebhookApp, type WebhookApp } from '../webhook-receiver.ts';

const by = { actor: 'test' };
const dollar = 100_000_000;

onBothDatabases('usage alerts', (engine) => {
  const apps: WebhookApp[] = [];
  const open = async () => {
    const app = await createWebhookApp(engine);
    apps.push(app);
    await app.addEndpoint(['usage.threshold']);
    return app;
  };
  after(async () => {
    for (const app of apps) await app.close();
  });

  async function licenseWith({ deps, clock }: WebhookApp, monthly: object, email = 'anna@example.com', locale = 'en'): Promise<string> {
    const { license, customer } = await transact(deps.db, (trx) => grantLicense(trx, deps.vault, { customer: { email, name: 'Anna' }, plan: 'pro', months: 12 }, by, clock.now));
    await deps.db.updateTable('customers').set({ locale }).where('id', '=', customer.id).execute();
    await deps.db.updateTable('licenses').set({ quotas: JSON.stringify({ license: { month: monthly, hour: { requests: 1_000_000 } } }) }).where('id', '=', license.id).execute();
    return license.id;
  }

  /** So many requests of this size, made and settled; the last ones only reserved. */
  async function use({ deps, clock }: WebhookApp, licenseId: string, count: number, each: { tokens?: number; cost?: number } = {}, reservedOnly = 0): Promise<void> {
    const { terms: { limits } } = await aiTermsOf(deps.db, licenseId);
    for (let index = 0; index < count + reservedOnly; index += 1) {
      const most = { requests: 1, tokens: each.tokens ?? 0, cost: each.cost ?? 0 };
      const outcome = await reserveUsage(deps.db, { licenseId, limits, site: null, visitor: null, most, endpoint: 'chat', provider: 'demo', model: 'demo', askedModel: null, keySource: 'managed', isStream: false, lifetimeMs: 600_000 }, clock.now);
      assert.equal(outcome.outcome, 'reserved');
      if (outcome.outcome === 'reserved' && index < count) await settleUsage(deps.db, outcome.reservation, { status: 'completed', isCharged: true, usage: { ...noTokens, input: each.tokens ?? 0 }, costMicrocents: each.cost ?? 0 }, clock.now);
    }
  }

  const mails = async ({ deps }: WebhookApp) => (await deps.db.selectFrom('emails').selectAll().where('template', '=', 'usage-alert').orderBy('id').execute()).map((mail) => ({ ...mail, data: JSON.parse(mail.data) as { unit: string; threshold: number; used: number } }));
  const told = async (app: WebhookApp) => (await mails(app)).map(({ data }) => `${data.unit} ${data.threshold}`);
  const thresholdsSent = ({ receiver }: WebhookApp) => receiver.received.map(({ body }) => body['data'] as Record<string, unknown>).map(({ unit, threshold }) => `${String(unit)} ${String(threshold)}`);
  const textOf = ({ deps }: WebhookApp, id: string) => readFileSync(path.join(deps.config.dataDir, 'outbox', `${id}.eml`), 'utf8').replace(/=\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString());

  it('tell the owner at 50, 80 and 100 %, once each, by e-mail and as webhook', async () => {
    const app = await open();
    const id = await licenseWith(app, { requests: 10 });
    const expected = [[4, []], [1, ['requests 50']], [2, ['requests 50']], [1, ['requests 50', 'requests 80']], [1, ['requests 50', 'requests 80']], [1, ['requests 50', 'requests 80', 'requests 100']]] as const;
    for (const [count, alerts] of expected) {
      await use(app, id, count);
      app.clock.now += 60_000;
      await sendUsageAlerts(app.deps);
      await sendUsageAlerts(app.deps);
      assert.deepEqual(await told(app), alerts);
    }
    await work(app);
    assert.deepEqual(thresholdsSent(app).sort(), ['requests 100', 'requests 50', 'requests 80']);
    const { data, type } = app.receiver.received.map(({ body }) => body as { type: string; data: Record<string, unknown> }).find(({ data }) => data['threshold'] === 80) ?? { data: {}, type: '' };
    assert.deepEqual([type, data['license_id'], data['period'], data['used'], data['limit'], data['resets_at']], ['usage.threshold', id, '2026-11', 8, 10, '2026-12-01T00:00:00.000Z']);
    const sent = await mails(app);
    assert.deepEqual(sent.map(({ status, recipient, license_id }) => [status, recipient, license_id]), Array.from({ length: 3 }, () => ['sent', 'anna@example.com', id]));
    const last = textOf(app, sent.at(-1)?.id ?? '');
    for (const part of ['Hello Anna,', '10 of 10', '1 December 2026', 'larger plan', 'AI requests used up (licence']) assert.ok(last.includes(part), `${part} in ${last}`);
    assert.match(textOf(app, sent[1]?.id ?? ''), /80 % of this month.{1,6}s AI requests used/);
  });

  it('tell of the highest alone when several are reached at once, and of each quota by itself, in the language of the owner', async () => {
    const app = await open();
    const id = await licenseWith(app, { requests: 100, tokens: 1_000, cost: 10 * dollar }, 'bruno@example.com', 'it');
    await use(app, id, 1, { tokens: 850, cost: 10 * dollar });
    await work(app);
    await sendUsageAlerts(app.deps);
    await work(app);
    assert.deepEqual((await told(app)).sort(), ['cost 100', 'tokens 80']);
    assert.deepEqual(thresholdsSent(app).sort(), ['cost 100', 'cost 50', 'cost 80', 'tokens 50', 'tokens 80']);
    const texts = (await mails(app)).map((mail) => textOf(app, mail.id));
    assert.ok(texts.some((text) => /Hai usato l(?:'|&#x27;)80 % dei token AI/.test(text) && /850 su 1\.000/.test(text) && /1 dicembre 2026/.test(text)));
    assert.ok(texts.some((text) => /Hai esaurito il budget AI/.test(text) && /10,00/.test(text)));
    const cost = app.receiver.received.map(({ body }) => body['data'] as Record<string, unknown>).find(({ unit }) => unit === 'cost');
    assert.deepEqual([cost?.['used'], cost?.['limit']], ['10.00000000', '10.00000000']);
  });

  it('count the budget that the owner has set, and nothing that is only reserved', async () => {
    const app = await open();
    const id = await licenseWith(app, { requests: 10 });
    await app.deps.db.insertInto('license_ai_settings').values({ license_id: id, paused_at: null, monthly_budget_microcents: 2 * dollar, system_prompt: null, allowed_topics: null, blocked_topics: null, max_input_characters: null, is_moderated: 0, cache_seconds: 0, created_at: 1, updated_at: 1 }).execute();
    await use(app, id, 4, { cost: dollar / 5 }, 4);
    await sendUsageAlerts(app.deps);
    assert.deepEqual(await told(app), [], 'eight requests and 80 % of the budget are taken, but four of each are only reserved');
    await use(app, id, 1, { cost: dollar / 5 });
    await sendUsageAlerts(app.deps);
    assert.deepEqual((await told(app)).sort(), ['cost 50', 'requests 50']);
  });

  it('begin anew with the month, and are sent once however many look at the same time', async () => {
    const app = await open();
    const id = await licenseWith(app, { requests: 2 });
    await use(app, id, 1);
    await Promise.all(Array.from({ length: 20 }, () => sendUsageAlerts(app.deps)));
    assert.deepEqual(await told(app), ['requests 50']);
    app.clock.now = Date.UTC(2026, 11, 1, 0, 1);
    await sendUsageAlerts(app.deps);
    assert.equal((await told(app)).length, 1);
    await use(app, id, 2);
    await sendUsageAlerts(app.deps);
    assert.deepEqual(await told(app), ['requests 50', 'requests 100']);
    assert.equal((await app.deps.db.selectFrom('webhook_messages').selectAll().execute()).length, 4, 'of each threshold of each month');
  });

  it('reach everybody although the quotas of one licence cannot be read, which is told', async () => {
    const app = await open();
    const broken = await licenseWith(app, { requests: 2 });
    await use(app, broken, 1);
    const other = await licenseWith(app, { requests: 2 }, 'carla@example.com');
    await use(app, other, 1);
    await app.deps.db.updateTable('licenses').set({ quotas: '{broken' }).where('id', '=', broken).execute();
    await assert.rejects(sendUsageAlerts(app.deps), /the use of 1 licences could not be judged/);
    assert.deepEqual((await mails(app)).map(({ recipient }) => recipient), ['carla@example.com']);
    await app.deps.db.updateTable('licenses').set({ quotas: '{"license":{"month":{"requests":2}}}' }).where('id', '=', broken).execute();
    app.clock.now += 3_600_000;
    await sendUsageAlerts(app.deps);
    assert.equal((await mails(app)).length, 2);
    assert.equal(readdirSync(app.deps.config.dataDir).includes('outbox'), false, 'nothing was sent by looking');
  });
});

it('thresholds are reached exactly, also where numbers are large, and never of nothing', () => {
  assert.deepEqual([thresholdsReached(0, 0), thresholdsReached(5, 0), thresholdsReached(49, 100), thresholdsReached(50, 100), thresholdsReached(1, 3), thresholdsReached(2, 3), thresholdsReached(3, 3), thresholdsReached(9, 3)], [[], [], [], [50], [], [50], [50, 80, 100], [50, 80, 100]]);
  assert.deepEqual(thresholdsReached(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER), [50, 80]);
});
