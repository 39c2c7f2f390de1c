import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNewer, judgeLicense, type JudgedLicense, type Scope } from '../../server/licenses/judge-license.rules.ts';
import { statusAt, storedStatus } from '../../server/licenses/license-status.rules.ts';

const now = Date.UTC(2026, 10, 21);
const followsNothing = { grace_ms: 0, subscription_status: null };
const good: JudgedLicense = { ...followsNothing, status: 'active', expires_at: now + 1, domain_lock: 'shop.example.com', max_version: '2', product_code: 'chatello' };
const wanted: Scope = { site: 'shop.example.com', product: 'chatello', version: '2.9.1' };
const codeOf = (license: Partial<JudgedLicense> | undefined, scope: Scope = wanted) => judgeLicense(license && { ...good, ...license }, scope, now).code;

describe('the verdict', () => {
  it('names the gravest reason: each of them stands although all the later ones hold as well', () => {
    const everythingWrong = { expires_at: now, domain_lock: 'other.example.com', max_version: '1', product_code: 'other' };
    assert.equal(codeOf(undefined), 'NOT_FOUND');
    assert.equal(codeOf({ ...everythingWrong, status: 'cancelled' }), 'CANCELLED');
    assert.equal(codeOf({ ...everythingWrong, status: 'suspended' }), 'SUSPENDED');
    assert.equal(codeOf({ ...everythingWrong, status: 'pending' }), 'PENDING');
    assert.equal(codeOf(everythingWrong), 'EXPIRED');
    assert.equal(codeOf({ ...everythingWrong, expires_at: null }), 'PRODUCT_MISMATCH');
    assert.equal(codeOf({ ...everythingWrong, expires_at: null, product_code: 'chatello' }), 'VERSION_NOT_ENTITLED');
    assert.equal(codeOf({ domain_lock: 'other.example.com' }), 'DOMAIN_MISMATCH');
    assert.equal(codeOf({}), 'VALID');
  });

  it('is valid for nothing but VALID', () => {
    assert.deepEqual(judgeLicense(good, wanted, now), { valid: true, code: 'VALID' });
    assert.equal(judgeLicense({ ...good, status: 'suspended' }, wanted, now).valid, false);
  });

  it('turns to EXPIRED at the very millisecond of the end, and never without one', () => {
    assert.equal(judgeLicense(good, wanted, now).code, 'VALID');
    assert.equal(judgeLicense(good, wanted, now + 1).code, 'EXPIRED');
    assert.equal(judgeLicense({ ...good, expires_at: null }, wanted, now * 10).code, 'VALID');
  });

  it('judges only what it is asked', () => {
    assert.equal(codeOf({ domain_lock: 'other.example.com', product_code: 'other', max_version: '1' }, {}), 'VALID');
  });

  it('lets a staging copy of a locked licence work', () => {
    assert.equal(codeOf({}, { site: 'shop.local', isStaging: true }), 'VALID');
    assert.equal(codeOf({}, { site: 'shop.local' }), 'DOMAIN_MISMATCH');
  });

  it('takes the product without regard to case', () => assert.equal(codeOf({}, { product: 'Chatello' }), 'VALID'));
});

describe('a version', () => {
  for (const [version, max, newer] of [
    ['2.9.1', '2', false], ['3.0', '2', true], ['1.9', '2', false], ['1.9.5', '2.1', false], ['2.1', '2.0', true], ['2.0.9', '2.0', false], ['v2.0', '2', false], ['2', '2.0.0', false],
    ['10.0', '9', true], ['2.0.1', '2.0.0', true], ['3.0-beta.1', '2', true], ['', '2', false],
  ] as const) {
    it(`${version || '(none)'} is ${newer ? 'beyond' : 'within'} ${max}`, () => assert.equal(isNewer(version, max), newer));
  }
});

describe('the status of a licence', () => {
  const facts = { confirmed_at: 1, suspended_at: null, cancelled_at: null, revoked_at: null };
  it('follows from its facts: revoked or cancelled before suspended before unconfirmed', () => {
    assert.equal(storedStatus(facts, now), 'active');
    assert.equal(storedStatus({ ...facts, confirmed_at: null }, now), 'pending');
    assert.equal(storedStatus({ ...facts, confirmed_at: null, suspended_at: 1 }, now), 'suspended');
    assert.equal(storedStatus({ ...facts, suspended_at: 1, cancelled_at: 1 }, now), 'cancelled');
    assert.equal(storedStatus({ ...facts, suspended_at: 1, revoked_at: 1 }, now), 'cancelled');
  });

  it('is expired only for one that would be active', () => {
    assert.equal(statusAt({ ...followsNothing, status: 'active', expires_at: now }, now), 'expired');
    assert.equal(statusAt({ ...followsNothing, status: 'suspended', expires_at: now }, now), 'suspended');
  });
});
