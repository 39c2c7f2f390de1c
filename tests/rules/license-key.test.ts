import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalLicenseKey, formatLicenseKey, generateLicenseKey, hasValidCheckCharacter, keyHint, lookupKey } from '../../server/licenses/license-key.rules.ts';

const alphabet = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'];
const typeable = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const bytes = fc.uint8Array({ minLength: 15, maxLength: 15 });
const keyFrom = (random: Uint8Array) => generateLicenseKey(() => random);
const canonical = (key: string) => canonicalLicenseKey(key) ?? assert.fail(`${key} is not a key`);

describe('licence keys', () => {
  it('are CHA- and four groups of four from an alphabet without I, L, O and U, the last one fitting the rest', () => {
    fc.assert(
      fc.property(bytes, (random) => {
        const key = keyFrom(random);
        assert.match(key, /^CHA(-[0-9A-HJKMNP-TV-Z]{4}){4}$/);
        assert.ok(hasValidCheckCharacter(canonical(key)));
        assert.equal(formatLicenseKey(canonical(key)), key);
      }),
    );
  });

  it('carry 75 random bits: each of the 15 characters takes all 32 values, and every value has the same number of bytes behind it', () => {
    for (let position = 0; position < 15; position += 1) {
      const counts = new Map<string, number>();
      for (let byte = 0; byte < 256; byte += 1) {
        const random = new Uint8Array(15);
        random[position] = byte;
        const symbol = canonical(keyFrom(random)).charAt(3 + position);
        counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
      }
      assert.deepEqual([...counts.keys()].sort(), alphabet);
      assert.deepEqual(new Set(counts.values()), new Set([8]));
    }
  });

  it('do not repeat in 20,000', () => {
    assert.equal(new Set(Array.from({ length: 20_000 }, () => generateLicenseKey(randomBytes))).size, 20_000);
  });

  it('betray every single wrong character', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 15 }), fc.constantFrom(...typeable), (random, position, typed) => {
        const key = canonical(keyFrom(random));
        const mistyped = canonical(key.slice(0, 3 + position) + typed + key.slice(4 + position));
        assert.equal(hasValidCheckCharacter(mistyped), mistyped === key);
      }),
      { numRuns: 2_000 },
    );
  });

  it('betray every swap of neighbours but that of 0 and Z', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 14 }), (random, position) => {
        const key = canonical(keyFrom(random));
        const [a, b] = [key.charAt(3 + position), key.charAt(4 + position)];
        const swapped = key.slice(0, 3 + position) + b + a + key.slice(5 + position);
        const goesUnnoticed = a === b || [a, b].sort().join('') === '0Z';
        assert.equal(hasValidCheckCharacter(swapped), goesUnnoticed);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read however they are typed', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.constantFrom(' ', '-', '–', '\u2011', '_', '.', '\t', '\u00a0', '\u200b', '\u00ad', ''), { minLength: 19, maxLength: 19 }), fc.array(fc.boolean(), { minLength: 19, maxLength: 19 }), (random, between, lower) => {
        const key = canonical(keyFrom(random));
        const typed = [...key].map((symbol, index) => (between[index] ?? '') + (lower[index] ? symbol.toLowerCase() : symbol)).join('');
        assert.equal(canonicalLicenseKey(typed), key);
      }),
    );
  });

  for (const [typed, meant] of [
    ['cha test 1234 5678 abcd', 'CHATEST12345678ABCD'],
    ['CHATEST12345678ABCD', 'CHATEST12345678ABCD'],
    ['  cha-test-i234-567b-abcd\n', 'CHATEST1234567BABCD'],
    ['CHA-OOOO-lLiI-0000-1111', 'CHA0000111100001111'],
    ['ＣＨＡ－ＴＥＳＴ－１２３４－５６７８－ＡＢＣＤ', 'CHATEST12345678ABCD'],
    ['"CHA-TEST-1234-5678-ABCD"', 'CHATEST12345678ABCD'],
    ['cha-0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9', 'CHA0A1B2C3D4E5F60718293A4B5C6D7E8F9'],
  ] as const) {
    it(`read ${JSON.stringify(typed)} as ${meant}`, () => assert.equal(canonicalLicenseKey(typed), meant));
  }

  for (const typed of ['', 'CHA', 'CHA-', 'TEST-1234-5678-ABCD', 'CHA-TEST-1234-5678-ABC', 'CHA-TEST-1234-5678-ABCDE', 'CHB-TEST-1234-5678-ABCD', 'CHA-TEST-1234-5678-AB!D', 'CHA-0a1b2c3d-4e5f6071-8293a4b5-c6d7e8', "CHA-TEST-1234-5678-ABCD' OR 1=1"]) {
    it(`do not look like ${JSON.stringify(typed)}`, () => assert.equal(canonicalLicenseKey(typed), undefined));
  }

  it('of the historic form have eight characters in a group', () => {
    assert.equal(formatLicenseKey('CHA0A1B2C3D4E5F60718293A4B5C6D7E8F9'), 'CHA-0A1B2C3D-4E5F6071-8293A4B5-C6D7E8F9');
  });
});

describe('keys of other systems', () => {
  for (const [typed, meant] of [
    ['5d41402abc4b2a76b9719d911017c592', '~5D41402ABC4B2A76B9719D911017C592'],
    [' 38b1460a-5104-4067-a91d-77b872934d51\n', '~38B1460A-5104-4067-A91D-77B872934D51'],
    ['wc_order_5f1e0b9c_am_Xy12AbCd', '~WC_ORDER_5F1E0B9C_AM_XY12ABCD'],
    ['sk_:7;Lq!z?P(0', '~SK_:7;LQ!Z?P(0'],
    ['CHATTER-00001', '~CHATTER-00001'],
    ['CHA-TEST-1234-5678-ABCD', 'CHATEST12345678ABCD'],
  ] as const) it(`are looked up without regard to case and spaces: ${JSON.stringify(typed)}`, () => assert.equal(lookupKey(typed), meant));

  for (const typed of ['', 'short', '--------', 'x'.repeat(201), 'schlüssel-0001', 'CHA-TEST-1234-5678-ABC', '"cha-test-1234-5678"']) {
    it(`are not taken for one: ${JSON.stringify(typed.slice(0, 30))}`, () => assert.equal(lookupKey(typed), undefined));
  }

  it('never meet one of ours, and keep as a hint the letters that people see', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), (typed) => {
      const ours = canonicalLicenseKey(typed);
      const lookup = lookupKey(typed);
      assert.equal(lookup?.startsWith('~') ?? false, ours === undefined && lookup !== undefined);
    }));
    assert.equal(keyHint(lookupKey('sk_:7;Lq!z?P(0') ?? ''), 'QZP0');
  });
});
