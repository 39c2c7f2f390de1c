import assert from 'node:assert/strict';
import { it } from 'node:test';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

onBothDatabases('POST /api/validate', (engine) => {
  const app = useTestApp(engine);

  it('takes a free slot for a site seen first, and none for the same site again', async () => {
    const { call } = await app();
    const first = await call('post', '/api/validate', { key: developmentKey, body: { domain: 'https://www.Shop.example.org/' } });
    assert.equal(first.status, 200);
    assert.deepEqual([first.body.valid, first.body.code, first.body.usage.sites], [true, 'VALID', 1]);
    assert.equal(first.body.activation.site, 'shop.example.org');
    const again = await call('post', '/api/validate', { key: 'cha test 1234 5678 abcd', body: { domain: 'shop.example.org' } });
    assert.deepEqual([again.body.valid, again.body.usage.sites], [true, 1]);
  });

  it('refuses a site beyond the limit without taking a slot', async () => {
    const { call } = await app();
    for (const domain of ['two.example.org', 'three.example.org']) await call('post', '/api/validate', { key: developmentKey, body: { domain } });
    const fourth = await call('post', '/api/validate', { key: developmentKey, body: { domain: 'four.example.org' } });
    assert.deepEqual([fourth.status, fourth.body.valid, fourth.body.code, fourth.body.usage.sites], [200, false, 'DOMAIN_LIMIT_REACHED', 3]);
  });

  it('names the field of bad input', async () => {
    const { call } = await app();
    const missing = await call('post', '/api/validate', { body: {} });
    assert.deepEqual([missing.status, missing.body.error.field], [400, 'headers.x-license-key']);
    const domain = await call('post', '/api/validate', { key: developmentKey, body: { domain: 'not a site' } });
    assert.deepEqual([domain.status, domain.body.error.field], [400, 'body.domain']);
  });
});
