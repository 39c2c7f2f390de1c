import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { maxAttempts, parseRetryAfter, pauseAfter } from '../../server/webhooks/retry.rules.ts';
import { newWebhookSecret, signedHeaders } from '../../server/webhooks/webhook-signature.ts';
import { parseEvents, wants, webhookTypes } from '../../server/webhooks/webhook-types.rules.ts';

describe('the rules of outgoing webhooks', () => {
  it('sign as the published example of Standard Webhooks does', () => {
    const headers = signedHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', 1_614_265_330_999);
    assert.deepEqual(headers, { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' });
    assert.notEqual(newWebhookSecret(), newWebhookSecret());
  });

  it('try again ten times in all, over about 75 hours, spread by a tenth, and no sooner than the receiver asks for', () => {
    const total = (random: number) => Array.from({ length: maxAttempts }, (_unused, index) => pauseAfter(index + 1, undefined, random) ?? 0).reduce((sum, pause) => sum + pause) / 3_600_000;
    assert.equal(maxAttempts, 10);
    assert.deepEqual([total(0), total(0.5), total(1)].map(Math.round), [68, 76, 83]);
    assert.equal(pauseAfter(10, undefined, 0.5), undefined);
    assert.equal(pauseAfter(1, 60_000, 0.5), 60_000);
    assert.equal(pauseAfter(9, 60_000, 0.5), 86_400_000);
    assert.equal(pauseAfter(1, 400 * 86_400_000, 0.5), 86_400_000, 'a day at most');
  });

  it('read Retry-After as seconds or as a date', () => {
    const now = Date.UTC(2026, 10, 21);
    assert.deepEqual(['120', '0', 'Sat, 21 Nov 2026 00:01:00 GMT', 'Fri, 20 Nov 2026 00:00:00 GMT', 'soon', '-1', '', undefined].map((header) => parseRetryAfter(header, now)), [120_000, 0, 60_000, 0, undefined, undefined, undefined, undefined]);
  });

  it('send an endpoint what it asks for', () => {
    assert.deepEqual([wants('["*"]', 'license.issued'), wants('["license.issued"]', 'license.issued'), wants('["license.issued"]', 'license.revoked'), wants('[]', 'license.issued')], [true, true, false, false]);
    assert.throws(() => parseEvents('{}'));
  });

  it('are told to whoever writes a receiver: every type with an example, and code that verifies', async () => {
    const guide = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
    const examples = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => JSON.parse(text) as { type: string; timestamp: string; data: object });
    assert.deepEqual(new Set(examples.map(({ type }) => type)), new Set([...webhookTypes, 'webhook.test']));
    const [, code = ''] = /```js\n(.*?)```/s.exec(guide) ?? [];
    const { isFromChatello } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { isFromChatello: (secret: string, headers: Record<string, string>, body: Buffer) => boolean };
    const [secret, other] = [newWebhookSecret(), newWebhookSecret()];
    const check = (at: number, secrets: string[], body = '{}') => isFromChatello(secret, signedHeaders(secrets, 'id', '{}', at), Buffer.from(body));
    const now = Date.now();
    assert.deepEqual([check(now, [secret]), check(now, [other, secret]), check(now, [other]), check(now - 600_000, [secret]), check(now, [secret], '{ }')], [true, true, false, false, false]);
    for (const { timestamp, data } of examples) assert.ok(!Number.isNaN(Date.parse(timestamp)) && Object.keys(data).length > 0);
  });
});
