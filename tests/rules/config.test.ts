import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { ConfigError, parseConfig } from '../../server/config.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

describe('configuration', () => {
  it('needs nothing', () => {
    const config = parseConfig({});
    assert.deepEqual([config.PORT, config.ADMIN_PORT, config.NODE_ENV, config.TRUST_PROXY, config.publicUrl], [5010, 5012, 'development', 0, 'http://localhost:5010']);
  });

  it('takes an empty variable for an absent one', () => {
    assert.equal(parseConfig({ PORT: '', SMTP_URL: ' ' }).PORT, 5010);
  });

  it('names every mistake at once', () => {
    const mistakes = { PORT: 'eighty', NODE_ENV: 'staging', DATABASE_URL: 'postgres://x', SMTP_URL: 'mail.example.com', ENCRYPTION_KEYS: 'k1:short', TRUST_PROXY: 'true', PUBLIC_URL: 'example.com', ADMIN_API_TOKEN: 'short', WOOCOMMERCE_URL: 'https://shop.example.com' };
    assert.throws(
      () => parseConfig(mistakes),
      (error) => error instanceof ConfigError && Object.keys(mistakes).every((name) => error.message.includes(name)),
    );
  });

  it('never repeats a secret in its complaint', () => {
    assert.throws(
      () => parseConfig({ ENCRYPTION_KEYS: 'k1:SECRETSECRET', ADMIN_API_TOKEN: 'SECRETSECRET' }),
      (error) => error instanceof ConfigError && !error.message.includes('SECRETSECRET'),
    );
  });

  it('takes several encryption keys, newest first, and refuses two with one id', () => {
    assert.deepEqual(parseConfig({ ENCRYPTION_KEYS: `${key('new')},${key('old')}` }).ENCRYPTION_KEYS?.map(({ id }) => id), ['new', 'old']);
    assert.throws(() => parseConfig({ ENCRYPTION_KEYS: `${key('a')},${key('a')}` }), /same id/);
  });

  it('takes a number of proxies or their addresses', () => {
    assert.equal(parseConfig({ TRUST_PROXY: '2' }).TRUST_PROXY, 2);
    assert.deepEqual(parseConfig({ TRUST_PROXY: 'loopback, 10.0.0.1' }).TRUST_PROXY, ['loopback', '10.0.0.1']);
  });
});
