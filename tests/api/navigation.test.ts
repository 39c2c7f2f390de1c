import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Role } from '../../server/access/access.rules.ts';
import { signedInVisitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { addNode, addUser, signedInAs } from '../people.ts';

/** Addresses of the navigation at the side, as a page has them. */
const entries = (html: string) => [...(/<aside class="shell-side">(.*?)<\/aside>/s.exec(html)?.[1] ?? '').matchAll(/<li><a href="([^"]+)"/g)].map(([, href = '']) => href);

onBothDatabases('the navigation', (engine) => {
  const open = useTestApp(engine);

  it('offers to each role what it may open and nothing else, and each entry marks its own page', async () => {
    const app = await open();
    await signedInVisitor(app);
    const reseller = await addNode(app, 'reseller');
    const agent = await addNode(app, 'agent', await addNode(app, 'sub_company', reseller));
    const places: Partial<Record<Role, string>> = { reseller: reseller.id, agent: agent.id };
    const offered = new Map<Role, string[]>();
    for (const role of ['superadmin', 'support', 'reseller', 'agent'] as const) {
      const organizationId = places[role];
      const person = await signedInAs(app, await addUser(app, role, organizationId === undefined ? {} : { organizationId }), role);
      const hrefs = entries((await person.get(`${person.base}/licenses`)).text);
      assert.ok(hrefs.length > 1, role);
      offered.set(role, hrefs.map((href) => href.slice(person.base.length)));
      for (const href of hrefs) {
        const { status, text } = await person.get(href);
        assert.equal(status, 200, `${role} at ${href}`);
        const current = [...text.matchAll(/<li><a href="([^"]+)" class="is-current" aria-current="page"/g)].map(([, at]) => at);
        // At the side and in the drawer.
        assert.deepEqual(current, [href, href], `${role} at ${href}`);
      }
    }
    const missing = (role: Role, ...hrefs: string[]) => hrefs.every((href) => !offered.get(role)?.includes(href));
    assert.ok(['/customers', '/orders', '/imports', '/tokens', '/settings', '/users'].every((href) => offered.get('superadmin')?.includes(href)), offered.get('superadmin')?.join(' '));
    assert.ok(missing('support', '/imports', '/tokens', '/settings', '/users'));
    assert.ok(missing('reseller', '/imports', '/tokens', '/settings', '/audit', '/providers', '/system'));
    assert.ok(missing('agent', '/organizations', '/users'));
  });

  it('is a drawer on narrow screens that opens without a script, and says relative times without one', async () => {
    const app = await open();
    const person = await signedInAs(app, await addUser(app, 'superadmin'), 'superadmin');
    const { text } = await person.get('/licenses');
    assert.match(text, /<details class="menu drawer">\s*<summary class="btn btn-ghost" aria-label="Menu">/);
    assert.match(text, /<time datetime="[^"]+" data-show="relative" title="[^"]+ UTC">(?:now|\d+ \w+ ago)<\/time>/);
    assert.match((await person.get('/licenses', { 'accept-language': 'it' })).text, /data-show="relative" title="[^"]+ UTC">(?:ora|\d+ \w+ fa)</);
  });
});
