import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindsAt, parseOrigin } from '../../server/licenses/origin.rules.ts';

describe('the origin of web pages', () => {
  it('is scheme, host and port as browsers write them', () => {
    for (const [text, origin, site] of [
      ['https://shop.example.com', 'https://shop.example.com', 'shop.example.com'],
      ['HTTPS://WWW.Shop.Example.com:443/', 'https://www.shop.example.com', 'shop.example.com'],
      ['https://shop.example.com:8443', 'https://shop.example.com:8443', 'shop.example.com:8443'],
      ['https://münchen.de', 'https://xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
      ['http://localhost:8080', 'http://localhost:8080', 'localhost:8080'],
      ['https://[2001:db8::1]:444', 'https://[2001:db8::1]:444', '[2001:db8::1]:444'],
    ] as const) {
      const parsed = parseOrigin(text);
      assert.deepEqual([parsed?.origin, parsed?.host.site], [origin, site], text);
    }
  });

  it('is nothing else', () => {
    for (const text of ['', 'null', '*', 'shop.example.com', '//shop.example.com', 'https://', 'https://shop.example.com/shop', 'https://shop.example.com?x', 'https://shop.example.com#x', 'https://user@shop.example.com', 'ftp://shop.example.com', 'file:///etc', 'chrome-extension://abc', `https://${'a'.repeat(300)}.example`]) {
      assert.equal(parseOrigin(text), undefined, text);
    }
  });

  it('belongs to a shop over https alone, to copies and local machines over http too', () => {
    const kinds = (text: string) => {
      const origin = parseOrigin(text);
      return origin && kindsAt(origin);
    };
    assert.deepEqual(kinds('https://shop.example.com'), ['production', 'staging']);
    assert.deepEqual(kinds('http://shop.example.com'), ['staging']);
    for (const text of ['http://localhost:3000', 'http://127.0.0.1', 'http://shop.test', 'http://x.wpengine.com']) assert.deepEqual(kinds(text), ['production', 'staging'], text);
  });
});
