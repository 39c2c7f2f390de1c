import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { setMembers } from '../../server/ai/gateway/splice-json.ts';

const set = (text: string, members: Record<string, unknown>) => setMembers(Buffer.from(text), members).toString();

describe('setting members of a JSON object in its bytes', () => {
  const cases: [string, string, Record<string, unknown>, string][] = [
    ['replaces a value and leaves every other byte', '{ "a" : 1.0 ,\n "model":"x" , "b":[ {"model":"y"} ] }', { model: 'z' }, '{ "a" : 1.0 ,\n "model":"z" , "b":[ {"model":"y"} ] }'],
    ['adds what is not there', '{"a":1}', { b: { c: true } }, '{"b":{"c":true},"a":1}'],
    ['adds to an empty object', ' {} ', { b: 1 }, ' {"b":1} '],
    ['replaces a key however often it stands there, and however it is written', '{"model":"a","mod\\u0065l":"b"}', { model: 'c' }, '{"model":"c","mod\\u0065l":"c"}'],
    ['is not misled by texts', '{"a":"\\"model\\":\\"x\\\\","model":"x"}', { model: 'z' }, '{"a":"\\"model\\":\\"x\\\\","model":"z"}'],
    ['changes nothing where the value is there already', '{"model":"z","n":1e3}', { model: 'z' }, '{"model":"z","n":1e3}'],
    ['replaces objects, lists and null', '{"a":{"b":[1,{}]},"c":[[]],"d":null}', { a: 1, c: 2, d: 3 }, '{"a":1,"c":2,"d":3}'],
  ];
  for (const [what, text, members, expected] of cases) it(what, () => assert.equal(set(text, members), expected));

  it('reads, after any edit of any object, as that object with the members set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.string(), fc.jsonValue(), fc.nat(3), (object, key, value, indent) => {
        fc.pre(key !== '__proto__' && !Object.hasOwn(object, '__proto__'));
        const edited = set(JSON.stringify(object, undefined, indent), { [key]: value });
        assert.deepEqual(JSON.parse(edited), JSON.parse(JSON.stringify({ ...object, [key]: value })));
      }),
    );
  });
});
