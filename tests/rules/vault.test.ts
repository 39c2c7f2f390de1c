import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hmacSha256 } from '../../server/vault.ts';

describe('hmacSha256', () => {
  it('is the HMAC-SHA256 of RFC 2104', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.string({ unit: 'binary' }), (key, text) => {
        assert.deepEqual(hmacSha256(key)(text), createHmac('sha256', key).update(text).digest());
      }),
    );
  });
});
