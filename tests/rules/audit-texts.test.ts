import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { actorName, actorsNamed, siteName } from '../../server/admin/actors.ts';
import { reasonSentences } from '../../server/reasons.rules.ts';
import { translator } from '../../server/admin/web/locale.ts';

const server = path.resolve(import.meta.dirname, '../../server');
const sources = globSync('**/*.ts', { cwd: server, exclude: ['billing/paddle/**', 'billing/stripe/**', 'webhooks/webhook-types.rules.ts'] }).map((file) => readFileSync(path.join(server, file), 'utf8')).join('\n');
const found = (pattern: RegExp) => [...new Set([...sources.matchAll(pattern)].map(([, name = '']) => name))];

describe('the texts of the dashboard', () => {
  it('name every action that is recorded and every e-mail that is sent, in both languages', () => {
    const actions = found(/(?<!\bt\(|\btype: )'((?:license|activation|customer|product_mapping|delivery|admin|webhook|api_token|export|provider|alias|prices|plan)\.[a-z]+(?:_[a-z]+)*)'/g);
    assert.ok(actions.length > 15, `only ${actions.length} actions were found`);
    for (const t of [translator('en'), translator('it')]) {
      for (const action of actions) assert.notEqual(t(`audit.${action}`), '', action);
      for (const template of found(/template: '([a-z-]+)'/g)) assert.notEqual(t(`template.${template}`), '', template);
    }
  });

  it('call whoever did something what people call them, and find them by that', () => {
    const t = translator('en');
    const cases = [['user:anna@example.com', 'anna@example.com'], ['cli', 'Command line'], ['api-token', 'API'], ['paddle', 'Paddle'], ['site:xn--mnchen-3ya.de', 'münchen.de'], ['token:Shop', 'API token Shop'], ['something-new', 'something-new']] as const;
    for (const [actor, name] of cases) assert.equal(actorName(actor, t), name);
    for (const [actor, text] of [['user:anna@example.com', 'anna@example.com'], ['cli', 'command line'], ['cli', 'cli'], ['site:shop.example.com', 'shop.example.com'], ['user:anna@example.com', 'user:anna@example.com']] as const) {
      assert.ok(actorsNamed(text, t).includes(actor), text);
    }
    assert.ok(actorsNamed('riga di comando', translator('it')).includes('cli'));
  });

  it('say why a delivery went as it did in both languages, each with the same facts, in English as the log does', () => {
    const placesOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
    for (const [code, sentence] of Object.entries(reasonSentences)) {
      const named = Object.fromEntries(placesOf(sentence).map((place) => [place.slice(1, -1), place]));
      assert.equal(translator('en')(`delivery_reason.${code}`, named), sentence);
      assert.deepEqual(placesOf(translator('it')(`delivery_reason.${code}`, named)), placesOf(sentence), code);
    }
  });

  it('write a site as its owner does', () => {
    for (const [site, name] of [['shop.example.com', 'shop.example.com'], ['xn--bcher-kva.example/shop', 'bücher.example/shop'], ['xn--zzzz', 'xn--zzzz'], ['localhost', 'localhost']] as const) assert.equal(siteName(site), name);
  });
});
