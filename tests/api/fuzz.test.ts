import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { apiRoutes } from '../../server/api.ts';
import { createAdmin } from '../../server/admin.ts';
import type { RouteSpec } from '../../server/http/route.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

/** Of each kind, on each database: a thousand in all. More by FUZZ_RUNS. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 250);

/** What nobody expects: text of every kind, numbers beyond everything, lists, objects, deep ones. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', ' ', '0', '-1', '1e309', 'null', '\u0000', '\ud800', '😀'.repeat(200), 'x'.repeat(5_000), '../../etc/passwd', "' or 1=1 --", '<script>', '%00', '2026-13-45', '9999-12-31T23:59:59Z', 'a@b.cd', 'https://example.com', 'CHA-TEST-1234-5678-ABCD', 'pro', 'on'),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(oddText, fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, [], {}, [[]], { __proto__: null, constructor: 1 }), fc.integer(), fc.array(oddText, { maxLength: 3 }), fc.dictionary(oddText, oddText, { maxKeys: 3 }));

/** The fields that a schema names, so that the values come as far as possible. */
function fieldsOf(schema: unknown): string[] {
  const shape = (schema as { shape?: Record<string, unknown> } | undefined)?.shape;
  return shape ? Object.keys(shape) : [];
}

function bodyFor(spec: RouteSpec): fc.Arbitrary<unknown> {
  const fields = spec.body === 'raw' ? [] : fieldsOf(spec.body);
  if (fields.length === 0) return fc.oneof(oddValue, fc.dictionary(oddText, oddValue, { maxKeys: 4 }));
  return fc.oneof({ weight: 8, arbitrary: fc.record(Object.fromEntries(fields.map((field) => [field, oddValue])), { requiredKeys: [] }) }, { weight: 1, arbitrary: oddValue });
}

onBothDatabases('whatever is sent', (engine) => {
  const getApp = useTestApp(engine, { TRUST_PROXY: '1' });

  it(`${runs} made-up requests to the API, spread over every endpoint, end without a 5xx and as documented`, async () => {
    const { call, deps, adminToken, clock } = await getApp();
    // Answers of another server are not ours; the AI's, which ask for a licence first, are fuzzed with one by their own tests.
    const specs = apiRoutes(deps).map(({ spec }) => spec).filter(({ operationId }) => operationId !== 'testProvider');
    const known = await call('post', '/api/create_license', { token: adminToken, body: { email: 'fuzz@example.com', plan: 'pro', months: 1 } });
    const ids = fc.oneof({ weight: 3, arbitrary: fc.constantFrom<string>(known.body.license_id, known.body.customer.id, 'pro', 'fast') }, { weight: 1, arbitrary: oddText });
    const request = fc.nat(specs.length - 1).chain((index) => {
      const spec = specs[index] as RouteSpec;
      const names = fieldsOf(spec.query);
      return fc.record({
        spec: fc.constant(spec),
        params: fc.array(ids, { minLength: 3, maxLength: 3 }),
        query: names.length === 0 ? fc.constant({}) : fc.dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: oddText }), oddText, { maxKeys: 3 }),
        body: bodyFor(spec),
      });
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(request, async ({ spec, params, query, body }) => {
        number += 1;
        clock.now += 1_000;
        let next = 0;
        const path = spec.path.replaceAll(/:\w+/g, () => encodeURIComponent((params[next++] ?? 'x').toWellFormed() || 'x'));
        const search = new URLSearchParams(query).toString();
        const headers = { 'X-Forwarded-For': `10.1.${number >> 8}.${number & 255}`, ...(spec.body === undefined ? {} : { 'Content-Type': 'application/json' }) };
        const key = spec.auth === 'license' ? known.body.license_key : undefined;
        const sent = { headers, ...(key === undefined ? { token: adminToken } : { key }), ...(spec.body === undefined ? {} : { raw: JSON.stringify(body) ?? '' }) };
        const { status, text } = await call(spec.method, search === '' ? path : `${path}?${search}`, sent);
        assert.ok(status < 500 || (status === 503 && text.includes('PAYMENT_PROVIDER')), `${spec.method} ${path}?${search} ${JSON.stringify(body)} answered ${status}: ${text}`);
      }),
      { numRuns: runs, seed: 20_261_121, endOnFailure: true },
    );
  });

  it(`${runs} made-up forms, spread over every page, end without a 5xx`, async () => {
    const app = await getApp();
    const { deps: { db }, call, adminToken } = app;
    const { visitor, express } = await signedInVisitor(app);
    const issued = await call('post', '/api/create_license', { token: adminToken, body: { email: 'forms@example.com', plan: 'pro', months: 1, domain: 'shop.example.com' } });
    const posts = postPaths(express).filter((path) => !/^\/(?:login|logout|password|reset-password|invitation|sessions|two-factor|preferences)\b|\/test$/.test(path));
    assert.ok(posts.length > 15, `only ${posts.length} forms`);
    const site = await db.selectFrom('activations').select('id').executeTakeFirstOrThrow();
    const ids = fc.oneof({ weight: 4, arbitrary: fc.constantFrom<string>(issued.body.license_id, issued.body.customer.id, site.id, 'pro', 'suspend', 'en') }, { weight: 1, arbitrary: oddText });
    const names = await fieldNames(visitor, issued.body.license_id);
    const form = fc.record({ path: fc.constantFrom(...posts), params: fc.array(ids, { minLength: 3, maxLength: 3 }), fields: fc.dictionary(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: oddText }), oddText, { maxKeys: 8 }) });
    await fc.assert(
      fc.asyncProperty(form, async ({ path, params, fields }) => {
        let next = 0;
        const address = path.replaceAll(/:\w+/g, () => encodeURIComponent((params[next++] ?? 'x').toWellFormed() || 'x'));
        const { _csrf: _token, ...rest } = fields;
        const { status, text, headers } = await visitor.post(address, Object.fromEntries(Object.entries(rest).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()])));
        assert.ok(status < 500, `${address} ${JSON.stringify(fields)} answered ${status}: ${text.slice(0, 300)}`);
        assert.doesNotMatch(headers['location'] ?? '', /^\/login/, `${address} signs out`);
      }),
      { numRuns: runs, seed: 20_261_121, endOnFailure: true },
    );
    assert.equal((await visitor.get('/customers')).status, 200, 'whoever sends nonsense stays signed in');
  });
});

type Layer = { route?: { path?: string; methods?: Record<string, boolean> } };

/** Every path of the dashboard that takes a form, as it is mounted. */
function postPaths(express: ReturnType<typeof createAdmin>): string[] {
  const { stack } = (express as unknown as { router: { stack: Layer[] } }).router;
  return [...new Set(stack.flatMap(({ route }) => (route?.methods?.['post'] && typeof route.path === 'string' ? [route.path] : [])))];
}

/** The fields of the forms that a few pages show; the others are known by what they have in common. */
async function fieldNames(visitor: Visitor, licenseId: string): Promise<string[]> {
  const names = new Set<string>();
  for (const path of ['/new-license', '/providers/new', '/aliases/new', '/prices/new', '/prices/change', '/plans/pro', '/webhooks/new', '/tokens/new', `/licenses/${licenseId}`, `/licenses/${licenseId}/suspend`]) {
    for (const [, name = ''] of (await visitor.get(path)).text.matchAll(/<(?:input|select|textarea)[^>]* name="([^"]+)"/g)) names.add(name);
  }
  return [...names];
}
