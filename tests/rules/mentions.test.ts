import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mentionOf } from '../../server/people/mentions.rules.ts';

describe('a text that names somebody by an address', () => {
  const mentions = mentionOf(['anna@rossi.it', 'zoë+shop@büro.example', 'x.y@a.it', 'o-neil@a-b.it']);

  it('is found however the address is written, in JSON and in web addresses too', () => {
    for (const text of ['anna@rossi.it', 'ANNA@Rossi.IT', 'to: <anna@rossi.it>.', '{"note":"by:\\nanna@rossi.it"}', '{"html":"\\u003canna@rossi.it"}', '/unsubscribe?to=anna%40rossi.it&x', '%3Canna%40rossi.it%3E', JSON.stringify('zoë+shop@büro.example').replaceAll(/[\u0080-\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`), 'Zoë+Shop@Büro.example', 'mailto:anna@rossi.it', 'o-neil@a-b.it']) assert.equal(mentions(text), true, text);
  });

  it('is not one that names somebody else whose address holds the same letters', () => {
    for (const text of ['joanna@rossi.it', 'anna@rossi.it.example', 'anna@rossi.italy', 'anna-anna@rossi.it', 'm.anna@rossi.it', 'anna@rossi.i', 'xzy@a.it', '']) assert.equal(mentions(text), false, text);
    const inKeys = mentionOf(['anna@rossi.it'], 'key');
    assert.deepEqual([inKeys('new-anna@rossi.it-2'), inKeys('joanna@rossi.it')], [true, false]);
    assert.equal(mentionOf([])('anna@rossi.it'), false);
  });
});
