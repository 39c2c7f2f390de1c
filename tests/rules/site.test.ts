import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isPrivateAddress, isStagingSite, normalizeSite } from '../../server/licenses/site.rules.ts';

describe('the identity of a site', () => {
  for (const [input, site] of [
    ['shop.example.com', 'shop.example.com'],
    ['https://Shop.Example.COM/', 'shop.example.com'],
    ['  http://www.shop.example.com  ', 'shop.example.com'],
    ['//shop.example.com', 'shop.example.com'],
    ['https://www.www.example.com', 'www.example.com'],
    ['www.example.com', 'example.com'],
    ['www.com', 'www.com'],
    ['https://wwwshop.com', 'wwwshop.com'],
    ['shop.example.com.', 'shop.example.com'],
    ['https://shop.example.com./store/', 'shop.example.com/store'],
    ['https://shop.example.com:443', 'shop.example.com'],
    ['http://shop.example.com:80/', 'shop.example.com'],
    ['shop.example.com:443', 'shop.example.com'],
    ['shop.example.com:8080', 'shop.example.com:8080'],
    ['https://example.com/Store//EN/', 'example.com/store/en'],
    ['https://example.com/store?utm=1#top', 'example.com/store'],
    ['https://example.com/a/../store', 'example.com/store'],
    ['https://example.com/Läden', 'example.com/l%c3%a4den'],
    ['https://example.com/L%C3%A4DEN', 'example.com/l%c3%a4den'],
    ['https://MÜNCHEN.example', 'xn--mnchen-3ya.example'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['https://mu\u0308nchen.example', 'xn--mnchen-3ya.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['https://www.münchen.example', 'xn--mnchen-3ya.example'],
    ['straße.example', 'xn--strae-oqa.example'],
    ['http://localhost:8888/wp', 'localhost:8888/wp'],
    ['192.168.1.20', '192.168.1.20'],
    ['http://0x7f.1', '127.0.0.1'],
    ['[2001:DB8:0:0::1]:8080', '[2001:db8::1]:8080'],
    ['https://[::1]/', '[::1]'],
    ['my_shop.example.com', 'my_shop.example.com'],
  ] as const) {
    it(`of ${JSON.stringify(input)} is ${site}`, () => assert.equal(normalizeSite(input)?.site, site));
  }

  for (const input of ['', '   ', 'not a site', 'http://', 'ftp://example.com', 'mailto:someone@example.com', 'someone@example.com', 'https://user:pass@example.com', 'javascript:alert(1)', 'exa mple.com', 'example..com', '-shop.example.com', 'shop-.example.com', 'a'.repeat(64) + '.com', `${'a.'.repeat(130)}com`, '1.2.3.4.5', 'http://[::1', 'example.com:99999', `example.com/${'x'.repeat(300)}`, 'x'.repeat(3_000), '*.example.com', '.']) {
    it(`is nothing for ${JSON.stringify(input.length > 60 ? `${input.slice(0, 60)}…` : input)}`, () => assert.equal(normalizeSite(input), undefined));
  }

  it('stays what it is when it is worked out again', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const once = normalizeSite(url);
        if (once && !once.site.startsWith('www.')) assert.deepEqual(normalizeSite(once.site), once);
      }),
    );
  });

  it('does not depend on scheme, case, a trailing slash or dot, or one leading www.', () => {
    fc.assert(
      fc.property(fc.domain(), fc.constantFrom('', 'http://', 'https://', '//'), fc.boolean(), fc.boolean(), fc.constantFrom('', '.', '/', './'), (domain, scheme, upper, www, end) => {
        const spelled = scheme + (www ? 'www.' : '') + (upper ? domain.toUpperCase() : domain) + end;
        if (!domain.startsWith('www.')) assert.equal(normalizeSite(spelled)?.site, domain.toLowerCase());
      }),
    );
  });
});

const isStaging = (address: string, environment?: string) => isStagingSite(normalizeSite(address) ?? assert.fail(`${address} is not a site`), environment);

describe('a staging site', () => {
  for (const address of [
    'shop.test', 'shop.local', 'shop.localhost', 'localhost', 'localhost:8080', 'shop.invalid', 'shop.example', 'SHOP.TEST.',
    'acme.wpengine.com', 'acme.wpenginepowered.com', 'acme.instawp.xyz', 'acme.instawp.co', 'acme.instawp.link', 'wordpress-1.cloudwaysapps.com', 'acme.flywheelsites.com',
    'acme.flywheelstaging.com', 'x1y.myftpupload.com', 'stg-acme.kinsta.cloud', 'acme.mystagingwebsite.com', 'acme.wpmudev.host', 'acme.tempurl.host', 'abc.ngrok.io', 'a.b.wpengine.com',
    'dev-acme.pantheonsite.io', 'test-acme.pantheonsite.io',
    '10.1.2.3', '127.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '169.254.1.1', '100.64.0.1', '[::1]', '[fd00::1]', '[fe80::1]', '[::ffff:192.168.1.1]',
  ]) {
    it(`is ${address}`, () => assert.equal(isStaging(address), true));
  }

  for (const address of [
    'developers.com', 'stagingrooms.com', 'shop.dev', 'web.dev', 'dev.example.com', 'staging.example.com', 'test.example.com', 'mytest.com', 'local.com', 'notlocalhost.com', 'contest', 'shop.example.com', 'example.com', 'examples',
    'wpengine.com', 'notwpengine.com', 'wpengine.com.evil.org', 'kinsta.cloud', 'live-acme.pantheonsite.io', 'device-acme.pantheonsite.io', 'developer.pantheonsite.io', 'dev-acme.com', 'dev-a.live-acme.pantheonsite.io',
    '8.8.8.8', '172.32.0.1', '172.15.0.1', '100.128.0.1', '11.0.0.1', '[2001:db8::1]', '[fc0::1]', '[fe8::1]', '[::2]', '[::ffff:8.8.8.8]',
  ]) {
    it(`is not ${address}`, () => assert.equal(isStaging(address), false));
  }

  it('is what WordPress does not call production', () => {
    for (const environment of ['local', 'development', 'staging', 'Staging']) assert.equal(isStaging('shop.example.com', environment), true);
    for (const environment of [undefined, '', 'production', ' Production ']) assert.equal(isStaging('shop.example.com', environment), false);
    assert.equal(isStaging('shop.local', 'production'), true);
  });
});

it('an address is private only as an address', () => {
  assert.equal(isPrivateAddress('10.example.com'), false);
  assert.equal(isPrivateAddress('::ffff:10.0.0.1'), true);
  assert.equal(isPrivateAddress('::ffff:a00:1'), true);
});
