import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { columnNames, guessDelimiter } from '../../server/imports/csv-file.rules.ts';
import { guessColumns, guessSource } from '../../server/imports/import-fields.rules.ts';
import { isNever, parseMoment, parseSiteLimit, splitSites, unlimitedSites } from '../../server/imports/import-values.rules.ts';

const iso = (text: string, isDayFirst = true, end = false) => {
  const at = parseMoment(text, { isDayFirst, end });
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe('a file of another system', () => {
  const exports: [string, string[], Record<string, string>][] = [
    ['woocommerce-api-manager', ['api_resource_id', 'activations_purchased_total', 'product_order_api_key', 'product_id', 'product_title', 'order_id', 'user_id', 'billing_email', 'access_granted', 'access_expires'], { key: 'product_order_api_key', email: 'billing_email', created: 'access_granted', expires: 'access_expires', max_sites: 'activations_purchased_total', product: 'product_title' }],
    ['edd', ['License Key', 'Status', 'Customer Email', 'Customer Name', 'Download', 'Activation Limit', 'Active URLs', 'Date Created', 'Expiration'], { key: 'License Key', email: 'Customer Email', name: 'Customer Name', product: 'Download', max_sites: 'Activation Limit', sites: 'Active URLs', created: 'Date Created', expires: 'Expiration', status: 'Status' }],
    ['lemon-squeezy', ['id', 'order_id', 'user_name', 'user_email', 'key', 'activation_limit', 'status', 'expires_at', 'created_at', 'product_name', 'variant_name'], { key: 'key', email: 'user_email', name: 'user_name', plan: 'variant_name', product: 'product_name', status: 'status', expires: 'expires_at', created: 'created_at', max_sites: 'activation_limit' }],
    ['keygen', ['id', 'key', 'name', 'status', 'expiry', 'maxMachines', 'policy', 'owner', 'created'], { key: 'key', email: 'owner', expires: 'expiry', plan: 'policy', max_sites: 'maxMachines' }],
    ['freemius', ['id', 'plugin_id', 'user_id', 'email', 'plan_id', 'pricing_id', 'quota', 'expiration', 'secret_key', 'is_cancelled', 'created'], { key: 'secret_key', email: 'email', plan: 'plan_id', max_sites: 'quota', expires: 'expiration', created: 'created' }],
  ];
  for (const [source, columns, meant] of exports) {
    it(`is recognised by its columns: ${source}`, () => {
      assert.equal(guessSource(columns), source);
      const guess = guessColumns(columns);
      for (const [field, column] of Object.entries(meant)) assert.equal(columns[guess[field as keyof typeof guess] ?? -1], column, field);
    });
  }

  it('has its delimiter in its first line, outside of quotes', () => {
    for (const [line, delimiter] of [['a,b;c\n1;2', ','], ['a;b;"c,d,e"\n', ';'], ['a\tb', '\t'], ['a|b|c', '|'], ['alone', ','], ['"x;y;z","b"\n', ',']] as const) assert.equal(guessDelimiter(line), delimiter, line);
  });

  it('has columns that can be told apart', () => {
    assert.deepEqual(columnNames(['Mail', '', 'Mail', 'Mail']), ['Mail', '#2', 'Mail (2)', 'Mail (3)']);
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 20 }), (cells) => assert.equal(new Set(columnNames(cells)).size, cells.length)));
  });

  it('writes moments in many ways', () => {
    for (const [text, meant] of [
      ['2027-01-31', '2027-01-31T00:00:00.000Z'], ['2027-01-31 10:20:30', '2027-01-31T10:20:30.000Z'], ['2027-01-31T10:20:30+02:00', '2027-01-31T08:20:30.000Z'], ['2027-01-31T10:20:30.123456Z', '2027-01-31T10:20:30.000Z'],
      ['1801390830', '2027-01-31T10:20:30.000Z'], ['1801390830000', '2027-01-31T10:20:30.000Z'], ['31/01/2027', '2027-01-31T00:00:00.000Z'], ['31.1.2027 9:05', '2027-01-31T09:05:00.000Z'],
      ['January 31, 2027', '2027-01-31T00:00:00.000Z'], ['31 Jan 2027', '2027-01-31T00:00:00.000Z'], ['Jan 31st, 2027 1:05 pm', '2027-01-31T13:05:00.000Z'], ['31/02/2027', undefined], ['soon', undefined], ['2027-13-01', undefined], ['0001-01-01', undefined],
    ] as const) assert.equal(iso(text), meant, text);
    assert.equal(iso('01/31/2027', false), '2027-01-31T00:00:00.000Z');
    assert.equal(iso('2027-01-31', true, true), '2027-02-01T00:00:00.000Z', 'a day counts to its end');
    for (const text of ['', '0', 'Lifetime', 'never', '0000-00-00 00:00:00']) assert.ok(isNever(text), text);
    fc.assert(fc.property(fc.string({ maxLength: 40 }), fc.boolean(), (text, isDayFirst) => assert.ok([undefined, true].includes(parseMoment(text, { isDayFirst }) === undefined ? undefined : true))));
  });

  it('counts and lists sites in many ways', () => {
    for (const [text, meant] of [['', null], ['5', 5], ['5.00', 5], ['0', unlimitedSites], ['Unlimited', unlimitedSites], ['many', undefined], ['-3', undefined]] as const) assert.equal(parseSiteLimit(text), meant, text);
    assert.deepEqual(splitSites('["https://a.example", "b.example"]'), ['https://a.example', 'b.example']);
    assert.deepEqual(splitSites('a.example, b.example;c.example\nd.example'), ['a.example', 'b.example', 'c.example', 'd.example']);
  });
});
