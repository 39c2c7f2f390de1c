import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { browserName } from '../../server/admin/browser-name.rules.ts';
import { availableActions } from '../../server/admin/license-actions.rules.ts';
import { loginDelayMs } from '../../server/users/login-delay.rules.ts';
import { hashPassword, verifyPassword } from '../../server/users/password.ts';
import { searchTerms } from '../../server/admin/search.rules.ts';
import { parseConfig } from '../../server/config.ts';
import { jobList } from '../../server/jobs/job-list.ts';
import { welcomeText, type Welcome } from '../../server/welcome.ts';

const viewsDirectory = path.resolve(import.meta.dirname, '../../admin-views');
const catalogue = (locale: string) => JSON.parse(readFileSync(path.join(viewsDirectory, `locales/${locale}.json`), 'utf8')) as Record<string, string>;

describe('the texts of the dashboard', () => {
  it('exist in both languages, with the same values to fill in', () => {
    const en = catalogue('en');
    const it = catalogue('it');
    assert.deepEqual(Object.keys(it), Object.keys(en));
    const values = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, text] of Object.entries(en)) {
      assert.ok(text.trim() !== '' && it[key]?.trim() !== '', key);
      assert.deepEqual(values(it[key]), values(text), key);
    }
  });

  it('call a browser by its name, and one that nobody knows by what it says of itself', () => {
    const agents = {
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36': 'Chrome, Windows',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0': 'Edge, Windows',
      'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0': 'Firefox, Linux',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1': 'Safari, iPhone',
      'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36': 'Chrome, Android',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15': 'Safari, macOS',
      'curl/8.14.1': 'curl/8.14.1',
    };
    assert.deepEqual(Object.keys(agents).map(browserName), Object.values(agents));
  });

  it('name every kind of job', () => {
    const en = catalogue('en');
    for (const kind of Object.keys(jobList)) assert.ok(`job.${kind}` in en, kind);
  });

  it('are all there that a view asks for, and no view holds a script or a style of its own', () => {
    const en = catalogue('en');
    for (const folder of ['layouts', 'partials', 'pages']) {
      for (const file of readdirSync(path.join(viewsDirectory, folder))) {
        const text = readFileSync(path.join(viewsDirectory, folder, file), 'utf8');
        for (const [, key = ''] of text.matchAll(/[({]t "([^"]+)"/g)) assert.ok(key in en, `${file}: ${key}`);
        assert.ok(!/ style=| on[a-z]+=|<style|<script(?![^>]* src=)/.test(text), file);
        assert.ok(!/\{\{\{(?!body\}\}\})/.test(text), `${file} leaves something unescaped`);
      }
    }
  });
});

describe('the rules of the dashboard', () => {
  it('doubles the delay from the fifth failure on, up to an hour', () => {
    assert.deepEqual([1, 4, 5, 6, 7, 11, 12, 1_000].map(loginDelayMs), [0, 0, 30_000, 60_000, 120_000, 1_920_000, 3_600_000, 3_600_000]);
  });

  it('reads a search text for all that it may mean', () => {
    assert.deepEqual(searchTerms(' cha test-1234 5678.ABCD '), { canonicalKey: 'CHATEST12345678ABCD' });
    assert.deepEqual(searchTerms('…abcd'), { hint: 'ABCD', emailPrefix: '…abcd', devicePrefix: { fingerprint: '…abcd', nameKey: '…abcd' } });
    assert.deepEqual(searchTerms('Anna@Example.com'), { emailPrefix: 'anna@example.com' });
    assert.deepEqual(searchTerms('https://www.Shop.example.com/'), { emailPrefix: 'https://www.shop.example.com/', sitePrefix: 'shop.example.com', devicePrefix: { fingerprint: 'https://www.Shop.example.com/', nameKey: 'https://www.shop.example.com/' } });
    assert.deepEqual(searchTerms('Two words'), { devicePrefix: { fingerprint: 'Two words', nameKey: 'two words' } });
    assert.deepEqual(searchTerms('ab'), { emailPrefix: 'ab', sitePrefix: 'ab' });
  });

  it('brings no licence back whose payment went back', () => {
    const facts = { status: 'active', confirmed_at: 1, cancelled_at: null, cancelled_reason: null, suspended_at: null, suspended_reason: null, revoked_at: null };
    assert.deepEqual(availableActions(facts), ['suspend', 'cancel', 'revoke']);
    assert.deepEqual(availableActions({ ...facts, status: 'pending', confirmed_at: null }), ['confirm', 'cancel', 'revoke']);
    assert.deepEqual(availableActions({ ...facts, status: 'suspended', suspended_at: 1 }), ['reactivate', 'cancel', 'revoke']);
    assert.deepEqual(availableActions({ ...facts, status: 'suspended', suspended_at: 1, suspended_reason: 'customer_suspended' }), ['cancel', 'revoke'], 'it comes back with its customer');
    assert.deepEqual(availableActions({ ...facts, status: 'cancelled', cancelled_at: 1 }), ['reactivate', 'revoke']);
    assert.deepEqual(availableActions({ ...facts, status: 'cancelled', cancelled_at: 1, cancelled_reason: 'customer_erased' }), []);
    assert.deepEqual(availableActions({ ...facts, status: 'cancelled', revoked_at: 1 }), []);
  });

  it('stores passwords as Argon2id of the agreed cost, each with an own salt', async () => {
    const hashes = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse'), hashPassword('ｃorrect horse')]);
    for (const hash of hashes) {
      assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      assert.equal(await verifyPassword(hash, 'correct horse'), true);
      assert.equal(await verifyPassword(hash, 'correct horsf'), false);
    }
    assert.equal(new Set(hashes).size, 3);
  });

  it('refuses work beyond its queue instead of filling the memory, and goes on afterwards', async () => {
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => hashPassword('x')));
    const refused = results.filter(({ status }) => status === 'rejected').length;
    assert.equal(refused, 18);
    assert.match(await hashPassword('x'), /^\$argon2id/);
  });
});

describe('the start-up text', () => {
  const welcome = (variables: Record<string, string>, more: Partial<Welcome> = {}) =>
    welcomeText({ config: parseConfig({ DATA_DIR: '/srv/data', ...variables }), secrets: { generated: true, file: '/srv/data/secrets.json' }, engine: 'sqlite', port: 5010, adminPort: 5012, firstAdmin: undefined, ...more });

  it('says where everything is and gives a line that works at once', () => {
    const text = welcome({}, { firstAdmin: { email: 'admin@localhost', oneTimePassword: 'once-only' } });
    for (const part of ['http://localhost:5010/docs', 'ssh -L 5012:127.0.0.1:5012', '/srv/data/chatello.sqlite', '/srv/data/secrets.json', '/srv/data/outbox', 'demo provider', 'once-only', "curl -X POST http://localhost:5010/api/validate -H 'X-License-Key: CHA-TEST-1234-5678-ABCD'"]) assert.ok(text.includes(part), part);
  });

  it('names in production no test key, and never a secret', () => {
    const text = welcome({ NODE_ENV: 'production', DATABASE_URL: 'mysql://user:hunter2@db.internal:3306/chatello', SMTP_URL: 'smtp://u:hunter2@mail', OPENAI_API_KEY: 'hunter2', PUBLIC_URL: 'https://api.example.com' }, { engine: 'mariadb', secrets: { generated: false, file: '/srv/data/secrets.json' } });
    for (const part of ['CHA-TEST', 'hunter2', 'demo provider', 'outbox', 'Password', 'secrets.json']) assert.ok(!text.includes(part), part);
    assert.match(text, /MariaDB, db\.internal:3306\/chatello/);
  });
});
