import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { isOperator, type Role } from '../../server/access/access.rules.ts';
import { countFigures } from '../../server/figures/count-figures.ts';
import { hashPassword } from '../../server/users/password.ts';
import { startSession } from '../../server/users/sessions.ts';
import { letters, pageRows } from '../access-table.ts';
import { billingVariables, work } from '../deliveries.ts';
import { createTestApp, type TestApp } from '../harness.ts';
import { act } from '../act-on-page.ts';
import { actions } from '../page-actions.ts';
import { addNode, addUser } from '../people.ts';
import { fill, openAccountMenu, openStage, press, says, signIn, signOut, title, type Stage } from '../role-browser.ts';
import { addWorld, type World } from '../worlds.ts';

/** Somebody at a browser. `seen`: the rows of the access table that the browser has asked for. */
type Person = { role: Role; letter: string; page: Page; base: string; world: World; id: string; email: string; seen: Set<string> };

const password = 'seven quiet herons';
const changedPassword = 'eight loud herons';
const step = 30_000;
/** Files to be kept, which no browser shows. */
const isFile = /[./]csv$/;
/** Nobody makes a batch of a customer's licences, and below a sub-company there is only one place for an agent. */
const notTheirs: Partial<Record<Role, string[]>> = { customer: ['GET /batches/:id'], sub_company: ['POST /organizations/:id/move'] };

// What a browser shows does not depend on the database: tests/api/*.test.ts send the same forms on both.
describe('every form of every page, in a browser as each role that may send it', () => {
  let app: TestApp;
  let stage: Stage;
  let people: Person[] = [];

  before(async () => {
    app = await createTestApp('sqlite', { TRUST_PROXY: '1', ALLOWED_PRIVATE_HOSTS: '127.0.0.1', ...billingVariables }, Date.now());
    stage = await openStage(app);
    const reseller = await addNode(app, 'reseller', undefined, { name: 'Nord Software' });
    const company = await addNode(app, 'sub_company', reseller, { name: 'Nord West' });
    const nodes: Partial<Record<Role, { id: string; path: string }>> = { reseller, sub_company: company, agent: await addNode(app, 'agent', company) };
    const hash = await hashPassword(password);
    for (const [letter, role] of Object.entries(letters)) people.push(await personOf(letter, role, nodes[role], hash));
    await work(app);
    // The ledger is counted when what may still be under way has ended.
    app.clock.now += 4 * step;
    await countFigures(app.deps);
  });

  after(async () => {
    await stage?.close();
    await app?.close();
  });

  async function personOf(letter: string, role: Role, node: { id: string; path: string } | undefined, hash: string): Promise<Person> {
    const world = await addWorld(app, role, node);
    const id = await addUser(app, role, { ...(node ? { organizationId: node.id } : {}), ...(role === 'customer' ? { customerId: world['customer'] ?? '' } : {}) });
    await app.deps.db.updateTable('users').set({ password_hash: hash, must_change_password: 0 }).where('id', '=', id).execute();
    const page = await stage.person(role === 'agent' || role === 'customer' ? 390 : 1280);
    const base = isOperator(role) ? stage.dashboard : stage.portal;
    const seen = new Set<string>();
    page.on('request', (request) => {
      if (request.isNavigationRequest()) seen.add(rowOf(request.method(), new URL(request.url()).pathname.slice(new URL(base).pathname.replace(/\/$/, '').length) || '/'));
    });
    return { role, letter, page, base, world, id, email: `${id}@example.com`, seen };
  }

  const together = async (act: (person: Person) => Promise<void>) => void (await Promise.all(people.map((person) => act(person).catch((error: unknown) => Promise.reject(new Error(`${person.role} at ${person.page.url()}`, { cause: error }))))));

  it('the password opens the door of each role', () => together(async ({ page, base, email }) => {
    await page.goto(`${base}/licenses`);
    await signIn(page, email, password);
    await title(page, 'Licences');
  }));

  it('what each role may do is done by filling in and pressing what it sees, and the page says so', async () => {
    const failures: string[] = [];
    for (const part of actions) {
      await together(async (person) => {
        for (const action of part) if (pageRows[action.row]?.includes(person.letter) && !notTheirs[person.role]?.includes(action.row) && (action.only ?? person.letter) === person.letter) await act(person, action).catch((error: unknown) => failures.push(`${person.role}, ${action.row}: ${String(error)}`));
      });
      await work(app);
      await app.deps.db.updateTable('emails').set({ status: 'failed' }).where('template', '=', 'license-key').execute();
    }
    assert.deepEqual(failures, []);
  });

  it('an authenticator app is set up, asked for and taken away, sessions are ended and the password is changed', async () => {
    const secrets = new Map<Role, Secret>();
    const codeOf = (role: Role) => new TOTP({ secret: secrets.get(role) ?? new Secret(), digits: 6, period: step / 1000 }).generate({ timestamp: app.clock.now });
    await together(async ({ page, base, role }) => {
      await page.goto(`${base}/two-factor`);
      secrets.set(role, Secret.fromBase32((await page.locator('.qr-secret').innerText()).replaceAll(' ', '')));
      await fill(page, 'Code of the app', codeOf(role));
      await press(page, 'Switch on');
      await title(page, 'Recovery codes');
    });
    app.clock.now += step;
    await together(async ({ page, base, role, email, id }) => {
      await page.goto(`${base}/two-factor`);
      await fill(page, 'Code of the app', codeOf(role));
      await press(page, 'Make new codes');
      await title(page, 'Recovery codes');
      const recoveryCode = await page.locator('.recovery-codes li').first().innerText();
      await signOut(page);
      await signIn(page, email, password);
      await press(page, 'Sign in as somebody else');
      await signIn(page, email, password);
      await fill(page, 'Code', recoveryCode);
      await press(page, 'Go on');
      await openAccountMenu(page);
      for (let count = 0; count < 2; count += 1) await startSession(app.deps.db, id, { ip: '192.0.2.9', userAgent: 'Firefox/145.0' }, app.deps.now());
      await page.getByRole('link', { name: 'Sessions' }).click();
      await page.getByRole('button', { name: 'End', exact: true }).first().click();
      await says(page, 'Ended.');
      await press(page, 'End all others');
      await says(page, 'Ended.');
      await page.goto(`${base}/two-factor`);
      await fill(page, 'Current password', password);
      await press(page, 'Take the app away');
      await says(page, 'taken away');
      await page.goto(`${base}/password`);
      await fill(page, 'Current password', password);
      await fill(page, 'New password', changedPassword);
      await fill(page, 'New password again', changedPassword);
      await press(page, 'Set password');
      await says(page, 'Your password has been changed.');
    });
  });

  it('no page of the access table is left out, for any role that may open it', async () => {
    const missing: Record<string, string[]> = {};
    const batch = people.find(({ world }) => world['batch'] !== undefined)?.world['batch'] ?? '';
    await together(async (person) => {
      if (isOperator(person.role)) person.world['batch'] = batch;
      const own = Object.keys(pageRows).filter((row) => pageRows[row]?.includes(person.letter) && !notTheirs[person.role]?.includes(row) && !isFile.test(row));
      for (const row of own.filter((each) => each.startsWith('GET ') && !person.seen.has(each))) await look(person, row.slice('GET '.length));
      missing[person.role] = own.filter((row) => !person.seen.has(row));
    });
    assert.deepEqual(missing, Object.fromEntries(people.map(({ role }) => [role, []])));
    assert.deepEqual(stage.complaints(), []);
  });

  it('a customer sees no price list, no cost of others and no margin', async () => {
    const { page, base } = people.find(({ role }) => role === 'customer') as Person;
    await page.goto(`${base}/usage`);
    await title(page, 'Usage of your licences');
    assert.doesNotMatch(await page.locator('#content').innerText(), /margin|price/i);
  });
});

/** The row of the access table that an address belongs to: the one with the fewest placeholders. */
function rowOf(method: string, path: string): string {
  const fits = Object.keys(pageRows).filter((row) => new RegExp(`^${row.replace(/:\w+/g, '[^/]+')}$`).test(`${method} ${path}`));
  return fits.sort((a, b) => a.split(':').length - b.split(':').length)[0] ?? `${method} ${path}`;
}

/** Opens a page that nothing that was done has led to. */
async function look({ page, base, world, letter }: Person, path: string): Promise<void> {
  const samples: World = { licenses: world['license'] ?? '', customers: world['customer'] ?? '', orders: world['order'] ?? '', subscriptions: world['subscription'] ?? '', batches: world['batch'] ?? '', organizations: world['below'] ?? '', users: world['member'] ?? '', plans: 'pro', aliases: 'chatello-fast', providers: world['provider'] ?? '', prices: world['prices'] ?? '', emails: world['message'] ?? '', deliveries: world['delivery'] ?? '', imports: world['import'] ?? '' };
  const address = path.replace(/^\/(\w+)\/:\w+/, (_all, of: string) => `/${of}/${samples[of] ?? ''}`).replace(':site', world['site'] ?? '');
  const response = await page.goto(base + address, { waitUntil: 'domcontentloaded' });
  assert.ok(response && response.status() < 400, `${letter} ${address} was answered ${response?.status()}`);
}
