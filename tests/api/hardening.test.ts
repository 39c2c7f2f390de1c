import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { useTestApp } from '../harness.ts';

describe('bad input', () => {
  const app = useTestApp('sqlite');
  const json = { 'Content-Type': 'application/json' };
  const validate = async (raw: string | Buffer, headers: Record<string, string> = json) => (await app()).call('post', '/api/validate', { key: developmentKey, raw, headers });

  it('is refused with a code and a field, never with a 5xx', async () => {
    const cases: [string | Buffer, number, string][] = [
      ['{', 400, 'INVALID_JSON'],
      [Buffer.from('{"domain":"\xff\xfe"}', 'latin1'), 400, 'INVALID_JSON'],
      [`${'['.repeat(45_000)}${']'.repeat(45_000)}`, 400, 'INVALID_JSON'],
      [JSON.stringify({ domain: 'x'.repeat(200_000) }), 413, 'BODY_TOO_LARGE'],
      ['[]', 400, 'INVALID_REQUEST'],
      ['null', 400, 'INVALID_REQUEST'],
      ['{"domain":{"$ne":""}}', 400, 'INVALID_REQUEST'],
      ['{"domain":"http://user:password@example.com"}', 400, 'INVALID_REQUEST'],
    ];
    for (const [raw, status, code] of cases) {
      const response = await validate(raw);
      assert.deepEqual([response.status, response.body.error.code], [status, code], String(raw).slice(0, 60));
      assert.ok(response.body.error.field, 'names the field');
      assert.ok(response.body.error.request_id, 'gives an id to look up in the log');
    }
  });

  it('is told in plain words what to send instead', async () => {
    const cases: [unknown, string][] = [
      [{ domain: 5 }, 'body.domain: must be text'],
      [[], 'body: must be an object'],
      [{ domain: 'x'.repeat(150_000) }, 'The body is too large; at most 100 KB fit.'],
      [{ domain: 'no site' }, 'body.domain: is not the address of a site; send something like shop.example.com'],
    ];
    for (const [body, message] of cases) assert.equal((await validate(JSON.stringify(body))).body.error.message, message);
  });

  it('says which content type it takes', async () => {
    const form = await validate('domain=example.com', { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.deepEqual([form.status, form.body.error.code], [415, 'UNSUPPORTED_MEDIA_TYPE']);
    const encoding = await validate('{}', { ...json, 'Content-Encoding': 'nonsense' });
    assert.equal(encoding.status, 415);
  });

  it('answers an unknown path with 404 and a wrong method with 405 and Allow', async () => {
    const { call } = await app();
    assert.equal((await call('get', '/nowhere')).body.error.code, 'NOT_FOUND');
    assert.equal((await call('get', '/%E0%A4%A')).status, 404);
    const wrong = await call('get', '/api/validate');
    assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'POST']);
  });

  it('whatever it is, ends below 500 and in the documented shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))), fc.string({ maxLength: 60 }), async (raw, key) => {
        const { call } = await app();
        const printable = key.replace(/[^\x20-\x7e]/g, '?');
        const response = await call('post', '/api/validate', { raw, headers: { ...json, ...(printable === '' ? {} : { 'X-License-Key': printable }) } });
        assert.ok(response.status < 500, `${response.status}`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('every answer', () => {
  const app = useTestApp('sqlite');

  it('carries the security headers and a request id, and no word of the framework', async () => {
    const { call } = await app();
    for (const url of ['/', '/api/health', '/nowhere', '/openapi.json']) {
      const { headers } = await call('get', url);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/);
      assert.ok(headers['strict-transport-security']);
      assert.match(headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(headers['x-powered-by'], undefined);
    }
  });

  it('is limited by address', async () => {
    const { call } = await app();
    let limited = 0;
    for (let n = 0; n < 610; n += 1) if ((await call('post', '/api/validate', { key: developmentKey })).status === 429) limited += 1;
    assert.ok(limited >= 10, `${limited} refused`);
    const refused = await call('post', '/api/validate', { key: developmentKey });
    assert.deepEqual([refused.body.error.code, Number(refused.headers['retry-after']) > 0], ['RATE_LIMITED', true]);
  });
});

describe('the rest of the public API', () => {
  const app = useTestApp('sqlite');

  it('is limited by address too: the server itself, its health, its documents and what is not there', async () => {
    const { call } = await app();
    for (const url of ['/', '/api/health?detailed=true', '/openapi.json', '/docs/', '/nowhere']) {
      const statuses: number[] = [];
      for (let n = 0; n < 601; n += 1) {
        statuses.push((await call('get', url)).status);
        if (statuses.at(-1) === 429) break;
      }
      assert.equal(statuses.at(-1), 429, url);
    }
  });

  it('keeps what it answers out of every cache, but for the files of the documentation', async () => {
    const { call } = await app();
    const refused = await call('post', '/api/validate', { key: developmentKey });
    assert.equal(refused.headers['cache-control'], 'no-store');
    assert.equal((await call('get', '/api/usage', { key: developmentKey })).headers['cache-control'], 'no-store');
  });
});

describe('GET /openapi.json and /docs', () => {
  const app = useTestApp('sqlite');

  it('describes every endpoint that GET / lists', async () => {
    const { call } = await app();
    const document = (await call('get', '/openapi.json')).body;
    assert.match(document.openapi, /^3\.1/);
    for (const { method, path } of (await call('get', '/')).body.endpoints) {
      assert.ok(document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()], `${method} ${path}`);
    }
  });

  it('names the refusals of each endpoint, with examples that a person could have written', async () => {
    const { paths, components } = (await (await app()).call('get', '/openapi.json')).body;
    const { responses, requestBody } = paths['/api/create_license'].post;
    assert.deepEqual(Object.keys(responses), ['201', '400', '401', '403', '409', '413', '415', '422', '429', '500', '503', 'default']);
    assert.equal(responses[401].content['application/json'].example.error.code, 'UNAUTHENTICATED');
    assert.equal(requestBody.required, true);
    assert.equal(paths['/api/validate'].post.requestBody.required, false);
    assert.equal(components.schemas.Verdict.properties.checked_at.example, '2026-11-21T12:00:00.000Z');
    assert.ok(!JSON.stringify(paths).includes(String(Number.MAX_SAFE_INTEGER)));
  });

  it('names the refusals of the AI endpoints in the shape of each, and that their answers may stream', async () => {
    const { paths } = (await (await app()).call('get', '/openapi.json')).body;
    const exampleOf = (path: string, status: number) => paths[path].post.responses[status].content['application/json'].example.error;
    assert.deepEqual([exampleOf('/api/chat', 503).code, exampleOf('/v1/chat/completions', 401).code, exampleOf('/v1/messages', 401).type], ['MODERATION_UNAVAILABLE', 'invalid_api_key', 'authentication_error']);
    assert.match(paths['/v1/messages'].post.responses[404].description, /MODEL_UNKNOWN/);
    assert.match(paths['/v1/messages'].post.responses.default.description, /as it came/);
    for (const path of ['/api/chat', '/v1/chat/completions', '/v1/messages']) assert.deepEqual(Object.keys(paths[path].post.responses[200].content), ['application/json', 'text/event-stream'], path);
  });

  it('can be read without any other host', async () => {
    const { call } = await app();
    const page = await call('get', '/docs/');
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, /https?:\/\//);
    for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js', 'chatello.css', 'icon.svg']) assert.equal((await call('get', `/docs/${asset}`)).status, 200, asset);
  });
});
