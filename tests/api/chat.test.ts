import assert from 'node:assert/strict';
import { it } from 'node:test';
import { issueLicense, manualTerm } from '../../server/licenses/issue-license.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import { getPlanByCode, getProductByCode } from '../../server/plans/get-plan.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { lastRow, parseEvents, question } from '../providers/chat-client.ts';

const by = { actor: 'test' };

async function issue({ deps }: TestApp, planCode: string, months: number | null = 12): Promise<{ key: string; id: string }> {
  const at = deps.now();
  const { customer } = await findOrCreateCustomer(deps.db, { email: 'buyer@example.com' }, by, at);
  const plan = await getPlanByCode(deps.db, planCode);
  const product = await getProductByCode(deps.db);
  const { license, key } = await issueLicense(deps.db, deps.vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(months, at) }, by, at);
  return { key, id: license.id };
}

onBothDatabases('POST /api/chat', (engine) => {
  const app = useTestApp(engine);
  const chat = async (key: string, body: Record<string, unknown> = {}, headers: Record<string, string> = {}) => (await app()).call('post', '/api/chat', { key, headers, body: { messages: question, ...body } });

  it('answers from the demo while no provider is set up, says so, and how to change that', async () => {
    for (const provider of [undefined, 'openai', 'demo']) {
      const answer = await chat(developmentKey, { api_provider: provider, model: 'gpt-test' });
      assert.deepEqual([answer.status, answer.body.provider, answer.body.model], [200, 'demo', 'demo']);
      assert.match(answer.body.message.content, /demo.*OPENAI_API_KEY.*Which shoes go with rain\?/);
    }
    const stream = parseEvents((await chat('cha test 1234 5678 abcd', { stream: true })).text);
    assert.ok(stream.isDone && stream.events.length > 10);
    assert.match(stream.text, /demo.*OPENAI_API_KEY/);
    const health = await (await app()).call('get', '/api/health?detailed=true');
    assert.deepEqual((health.body.providers as { name: string; status: string }[]).map(({ name, status }) => [name, status]), [['demo', 'demo']]);
  });

  it('refuses a key that is not known, and one that may not be used, with the reason', async () => {
    const unknown = await chat('CHA-AAAA-BBBB-CCCC-DDDD');
    assert.deepEqual([unknown.status, unknown.body.error.code, unknown.body.error.field], [401, 'LICENSE_INVALID', 'headers.x-license-key']);
    const none = await (await app()).call('post', '/api/chat', { body: { messages: question } });
    assert.deepEqual([none.status, none.body.error.field], [400, 'headers.x-license-key']);
    const { deps } = await app();
    const { key, id } = await issue(await app(), 'pro');
    await changeLicense(deps.db, id, { type: 'suspend', reason: 'unpaid' }, by, deps.now());
    const suspended = await chat(key);
    assert.deepEqual([suspended.status, suspended.body.error.code], [403, 'LICENSE_REFUSED']);
    assert.match(suspended.body.error.message, /suspended.*\(SUSPENDED\)/);
  });

  it('refuses a plan without AI and says which plans have it', async () => {
    const { key } = await issue(await app(), 'starter');
    for (const stream of [false, true]) {
      const answer = await chat(key, { stream });
      assert.deepEqual([answer.status, answer.body.error.code], [403, 'PLAN_WITHOUT_AI']);
      assert.match(answer.body.error.message, /Starter.*Upgrade to Pro or Agency/);
    }
  });

  it('names the field of bad input', async () => {
    const bad: [Record<string, unknown>, string][] = [
      [{ messages: [] }, 'body.messages'],
      [{ messages: 'hello' }, 'body.messages'],
      [{ messages: [{ role: 'system', content: 'You sell shoes.' }] }, 'body.messages'],
      [{ messages: [{ role: 'robot', content: 'x' }] }, 'body.messages.0.role'],
      [{ messages: [...question, { role: 'user', content: '' }] }, 'body.messages.1.content'],
      [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }, 'body.messages.0.content'],
      [{ temperature: 2.1 }, 'body.temperature'],
      [{ max_tokens: 0 }, 'body.max_tokens'],
      [{ max_tokens: 1.5 }, 'body.max_tokens'],
      [{ model: 'a\nb' }, 'body.model'],
      [{ stream: 'yes' }, 'body.stream'],
      [{ api_provider: 'gemini' }, 'body.api_provider'],
      [{ domain: 'not a site' }, 'body.domain'],
    ];
    for (const [body, field] of bad) {
      const answer = await chat(developmentKey, body);
      assert.deepEqual([answer.status, answer.body.error?.code, answer.body.error?.field], [400, 'INVALID_REQUEST', field], JSON.stringify(body));
    }
    const header = await chat(developmentKey, {}, { 'X-Site-Domain': 'not a site' });
    assert.deepEqual([header.status, header.body.error.field], [400, 'headers.x-site-domain']);
    const large = await chat(developmentKey, { messages: [{ role: 'user', content: 'x'.repeat(1_100_000) }] });
    assert.deepEqual([large.status, large.body.error.code], [413, 'BODY_TOO_LARGE']);
  });

  it('records the site that asks when it is activated, and only then', async () => {
    const each = await app();
    await each.call('post', '/api/validate', { key: developmentKey, body: { domain: 'shop.example.org' } });
    await chat(developmentKey, { domain: 'https://www.shop.example.org/' });
    assert.equal((await lastRow(each)).site, 'shop.example.org');
    await chat(developmentKey, {}, { 'X-Site-Domain': 'shop.example.org' });
    assert.equal((await lastRow(each)).site, 'shop.example.org');
    const other = await chat(developmentKey, { domain: 'other.example.org' });
    assert.deepEqual([other.status, (await lastRow(each)).site], [200, null]);
  });

  it('shows the usage of an expired licence, which may no longer ask', async () => {
    const each = await app();
    const { key } = await issue(each, 'pro', 1);
    const start = each.clock.now;
    const paid = await chat(key);
    assert.equal(paid.status, 200);
    each.clock.now = Date.UTC(2026, 11, 25);
    const refused = await chat(key);
    assert.match(refused.body.error.message, /expired on 2026-12-21.*\(EXPIRED\)/);
    const usage = await each.call('get', '/api/usage', { key });
    assert.deepEqual([usage.status, usage.body.period, usage.body.used, usage.body.limit], [200, '2026-12', 0, 1_000]);
    each.clock.now = start;
    const unknown = await each.call('get', '/api/usage', { key: 'CHA-AAAA-BBBB-CCCC-DDDD' });
    assert.deepEqual([unknown.status, unknown.body.error.code], [401, 'LICENSE_INVALID']);
  });
});
