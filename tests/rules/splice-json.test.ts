import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { prependItem, setMembers } from '../../server/ai/gateway/splice-json.ts';

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

describe('putting an item first in a list of a JSON object in its bytes', () => {
  const prepend = (text: string) => prependItem(Buffer.from(text), 'messages', { x: 1 }).toString();
  const cases: [string, string, string][] = [
    ['leaves every other byte', '{ "n":1.0, "messages" : [\n {"a":1e3} ],"messagesx":[2] }', '{ "n":1.0, "messages" : [{"x":1},\n {"a":1e3} ],"messagesx":[2] }'],
    ['fills an empty list', '{"messages":[ \n ]}', '{"messages":[{"x":1} \n ]}'],
    ['does it in every list of that name at the top, and in none below', '{"messages":[1],"a":{"messages":[2]},"mess\\u0061ges":[3]}', '{"messages":[{"x":1},1],"a":{"messages":[2]},"mess\\u0061ges":[{"x":1},3]}'],
    ['leaves alone what is no list', '{"messages":"[]","b":[]}', '{"messages":"[]","b":[]}'],
  ];
  for (const [what, text, expected] of cases) it(what, () => assert.equal(prepend(text), expected));

  it('reads, after the edit of any list, as that list with the item in front', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), fc.nat(3), (list, other, indent) => {
        assert.deepEqual(JSON.parse(prepend(JSON.stringify({ other, messages: list }, undefined, indent))), JSON.parse(JSON.stringify({ other, messages: [{ x: 1 }, ...list] })));
      }),
    );
  });
});
