import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { createAdmin as addAdmin } from '../../server/users/create-admin.ts';
import { seriousFlaws } from '../axe.ts';
import { linkSentTo, outbox } from '../buyer.ts';
import { work } from '../deliveries.ts';
import { createTestApp, type TestApp } from '../harness.ts';
import { addNode } from '../people.ts';
import { choosePassword, entries, fill, follow, open, openAccountMenu, openStage, press, says, signIn, signOut, title, type Stage } from '../role-browser.ts';
import { addTenant } from '../tenants.ts';

const oneTime = 'one-time-password';
const password = 'seven quiet herons';
const admin = 'admin@localhost';
const rita = 'rita@nord.example';
const tom = 'tom@agent.example';
const sam = 'sam@operator.example';
const client = 'clara@shop.example';
const agentsClient = 'otto@cafe.example';
const step = 30_000;

// What a browser shows does not depend on the database: tests/api/*.test.ts do the same on both.
describe('each role, in a browser', () => {
  let app: TestApp;
  let stage: Stage;
  let dashboard = '';
  let portal = '';
  let superadmin: Page;
  let reseller: Page;
  let agent: Page;
  let support: Page;
  let buyer: Page;
  let key = '';
  let licensePage = '';

  before(async () => {
    app = await createTestApp('sqlite', { TRUST_PROXY: '1' }, Date.now());
    await addAdmin(app.deps.db, { email: admin, password: oneTime }, { actor: 'test' }, app.deps.now());
    // Whom nobody below may see: a customer of the operator's own, and one of another reseller.
    await addTenant(app, null);
    await addTenant(app, (await addNode(app, 'reseller', undefined, { name: 'Competitor' })).id);
    stage = await openStage(app);
    ({ dashboard, portal } = stage);
    [superadmin, reseller, agent, support, buyer] = await Promise.all([1280, 1280, 390, 1280, 390].map(stage.person)) as [Page, Page, Page, Page, Page];
  });

  after(async () => {
    await stage?.close();
    await app?.close();
  });

  afterEach(() => assert.deepEqual(stage.complaints(), []));

  /** Follows the link of the invitation that was sent to somebody. */
  async function comeIn(page: Page, email: string, at: string): Promise<void> {
    await work(app);
    const link = /https?:\/\/\S+\/invitation\/\S+/.exec(outbox(app).findLast(({ to }) => to === email)?.text ?? '')?.[0];
    assert.ok(link, `nobody has invited ${email}`);
    await page.goto(new URL(new URL(link).pathname, at).href);
    await title(page, 'Welcome');
    await choosePassword(page, password);
  }

  async function verdict(licenseKey: string, domain: string): Promise<string> {
    const response = await fetch(new URL('/api/validate', portal), { method: 'POST', headers: { 'x-license-key': licenseKey, 'content-type': 'application/json' }, body: JSON.stringify({ domain }) });
    return ((await response.json()) as { code: string }).code;
  }

  it('a superadmin adds a reseller with a quota and invites its person, who comes in by the link with a password of their own', async () => {
    await superadmin.goto(dashboard);
    await signIn(superadmin, admin, oneTime);
    await fill(superadmin, 'Current password', oneTime);
    await choosePassword(superadmin, password);
    await open(superadmin, 'Organisations');
    await follow(superadmin, 'Add a reseller');
    await fill(superadmin, 'Name', 'Nord Software');
    await fill(superadmin, 'Licence quota', '1');
    await press(superadmin, 'Add');
    await title(superadmin, 'Nord Software');
    await says(superadmin, 'The organisation has been added.');
    await follow(superadmin, 'Invite somebody');
    await fill(superadmin, 'E-mail address', rita);
    await fill(superadmin, 'Name', 'Rita Nord');
    assert.equal(await superadmin.locator('#field-place option:checked').innerText(), 'Nord Software (Reseller)');
    await press(superadmin, 'Send the invitation');
    await says(superadmin, 'The invitation is on its way.');
    await comeIn(reseller, rita, portal);
    assert.ok(reseller.url().startsWith(`${portal}/`));
    await signOut(reseller);
    await signIn(reseller, rita, password);
    await title(reseller, 'Overview');
  });

  it('a reseller sees nobody but their own customers, adds one and gives a licence, whose key is shown once; the quota refuses the next in plain words', async () => {
    await open(reseller, 'Customers');
    await reseller.getByText('No customers yet').waitFor();
    await follow(reseller, 'New customer');
    await fill(reseller, "Customer's e-mail address", client);
    await fill(reseller, 'Name', 'Clara Client');
    await press(reseller, 'Add customer');
    await says(reseller, 'The customer is added.');
    await follow(reseller, 'New licence');
    assert.equal(await reseller.getByLabel("Customer's e-mail address").inputValue(), client);
    await press(reseller, 'Create licence');
    await title(reseller, 'The licence is ready');
    key = (await reseller.locator('#license-key').innerText()).trim();
    assert.equal(await verdict(key, 'clara.example.com'), 'VALID');
    await reseller.reload();
    await says(reseller, 'The key has been shown here already.');
    assert.ok(!(await reseller.content()).includes(key));
    licensePage = new URL((await reseller.getByRole('link', { name: 'Open licence' }).getAttribute('href')) ?? '', portal).pathname;
    await follow(reseller, 'Create another one');
    await fill(reseller, "Customer's e-mail address", 'second@shop.example');
    await stage.refused(reseller, 422, () => press(reseller, 'Create licence'));
    assert.match(await reseller.getByRole('alert').innerText(), /has used up its quota of licences\. Whoever is above it can raise the quota/);
    assert.equal(await reseller.getByLabel("Customer's e-mail address").inputValue(), 'second@shop.example');
    await open(reseller, 'Customers');
    assert.deepEqual(await reseller.locator('td .cell-title').allInnerTexts(), ['Clara Client'], 'nobody is left behind by what was refused');
  });

  it('a reseller adds a sub-company and an agent below it, and invites the agent; the superadmin gives room for more licences', async () => {
    await open(reseller, 'Organisations');
    await follow(reseller, 'Add an organisation');
    await reseller.getByLabel(/^Sub-company/).check();
    await fill(reseller, 'Name', 'Nord West');
    await press(reseller, 'Add');
    await title(reseller, 'Nord West');
    await follow(reseller, 'Add an organisation');
    assert.equal(await reseller.getByRole('radio').count(), 1, 'below a sub-company only agents stand');
    await fill(reseller, 'Name', 'Agency Tom');
    await press(reseller, 'Add');
    await title(reseller, 'Agency Tom');
    await follow(reseller, 'Invite somebody');
    await fill(reseller, 'E-mail address', tom);
    await fill(reseller, 'Name', 'Tom Agent');
    await press(reseller, 'Send the invitation');
    await says(reseller, 'The invitation is on its way.');
    await open(superadmin, 'Organisations');
    assert.deepEqual(await superadmin.locator('td .cell-title').allInnerTexts(), ['Competitor', 'Nord Software', 'Nord West', 'Agency Tom']);
    await follow(superadmin, 'Nord Software');
    await fill(superadmin, 'Licence quota', '2');
    await press(superadmin, 'Save');
    await says(superadmin, 'Saved.');
  });

  it('what an agent adds on a telephone waits until the reseller validates it, and its key works from then on', async () => {
    await comeIn(agent, tom, portal);
    assert.ok(!(await entries(agent)).some((entry) => ['Users', 'Organisations'].includes(entry)), 'not in the navigation');
    await stage.refused(agent, 403, () => agent.goto(`${portal}/users`));
    await title(agent, 'Not yours to do');
    await agent.goto(`${portal}/`);
    await open(agent, 'Customers');
    await agent.getByText('No customers yet').waitFor();
    await follow(agent, 'New customer');
    await says(agent, 'Your reseller validates a new customer first.');
    await fill(agent, "Customer's e-mail address", agentsClient);
    await fill(agent, 'Name', 'Otto Café');
    await press(agent, 'Add customer');
    await says(agent, 'This customer waits to be validated.');
    assert.equal(await agent.getByRole('link', { name: 'Validate' }).count(), 0);
    await follow(agent, 'New licence');
    await press(agent, 'Create licence');
    await says(agent, 'This licence waits to be confirmed.');
    const waiting = (await agent.locator('#license-key').innerText()).trim();
    assert.equal(await verdict(waiting, 'otto.example.com'), 'PENDING');
    await open(reseller, 'Customers');
    await follow(reseller, 'Otto Café');
    await follow(reseller, 'Validate');
    await press(reseller, 'Validate customer');
    await says(reseller, 'The customer is validated.');
    assert.equal(await verdict(waiting, 'otto.example.com'), 'VALID');
    await work(app);
    assert.ok(outbox(app).some(({ to, text }) => to === agentsClient && text.includes(waiting)), 'the key has gone to the customer');
    await agent.reload();
    await open(agent, 'Licences');
    assert.equal(await agent.locator('td .status-badge').innerText(), 'Active');
  });

  it('support sends an e-mail again and releases a site, and is offered no way to change a licence', async () => {
    await open(superadmin, 'Users');
    await follow(superadmin, 'Invite somebody');
    await fill(superadmin, 'E-mail address', sam);
    await fill(superadmin, 'Name', 'Sam Support');
    await superadmin.getByLabel('Works as').selectOption({ label: 'Support' });
    await press(superadmin, 'Send the invitation');
    await says(superadmin, 'The invitation is on its way.');
    await comeIn(support, sam, dashboard);
    await open(support, 'E-mails');
    await follow(support, agentsClient);
    await press(support, 'Send again');
    await says(support, 'The message is on its way.');
    await work(app);
    assert.equal(outbox(app).filter(({ to }) => to === agentsClient).length, 2);
    await support.goto(dashboard + licensePage.replace('/portal', ''));
    const offered = await support.locator('#content').evaluate((content) => [...content.querySelectorAll('a[href], form')].map((each) => (each.getAttribute('href') ?? each.getAttribute('action') ?? '').split('/').slice(3).join('/')).filter((action) => action !== ''));
    assert.deepEqual(new Set(offered.map((action) => action.replace(/[0-9a-f-]{36}/, ':site'))), new Set(['reveal', 'sites/:site/release', 'statement']));
    await follow(support, 'Release clara.example.com');
    await press(support, 'Release site');
    await says(support, 'Released: the place is free.');
  });

  it('a customer comes to the portal by a link in an e-mail, sees the own licence and nothing that is for others, and releases a site', async () => {
    assert.equal(await verdict(key, 'clara.example.com'), 'VALID');
    await buyer.goto(`${portal}/`);
    await buyer.getByRole('link', { name: 'Sign in with a link in an e-mail' }).click();
    await fill(buyer, 'E-mail address', client);
    await press(buyer, 'Send me a link');
    await title(buyer, 'Look into your mailbox');
    await work(app);
    await buyer.goto(new URL(linkSentTo(app, client), portal).href);
    await press(buyer, 'Open my account');
    await buyer.getByRole('link', { name: /Pro/ }).waitFor();
    await buyer.goto(`${portal}/`);
    await title(buyer, 'Licences');
    assert.deepEqual(await entries(buyer), ['Licences', 'Usage']);
    assert.deepEqual(await buyer.locator('td .key-ending').allInnerTexts(), [`…${key.slice(-4)}`]);
    await follow(buyer, `…${key.slice(-4)}`);
    await title(buyer, new RegExp(key.slice(-4)));
    await press(buyer, 'Show key');
    assert.equal((await buyer.locator('#license-key').innerText()).trim(), key);
    const content = await buyer.content();
    for (const other of [rita, sam, admin, 'Rita']) assert.ok(!content.includes(other), `who works there is not shown: ${other}`);
    await follow(buyer, 'Release clara.example.com');
    await press(buyer, 'Release site');
    await says(buyer, 'Released: the place is free.');
    await superadmin.goto(dashboard + licensePage.replace('/portal', ''));
    await follow(superadmin, 'Suspend');
    await fill(superadmin, 'Reason', 'Looks like fraud to me');
    await press(superadmin, 'Suspend licence');
    await says(superadmin, 'The licence is suspended.');
    await buyer.reload();
    await buyer.locator('h1 .status-badge', { hasText: 'Suspended' }).waitFor();
    const seen = [await buyer.content(), await (await buyer.request.get(`${portal}/exports/licenses`)).text()];
    assert.ok(seen.every((text) => text.includes(client) && !text.includes('fraud')), 'what colleagues write to each other stays with them');
    for (const path of ['/customers', '/users', '/new-license']) {
      await stage.refused(buyer, 403, () => buyer.goto(portal + path));
      await title(buyer, 'Not yours to do');
    }
  });

  it('no page offers anybody a link or a button that their role may not use', async () => {
    const wrong: Record<string, string[]> = {};
    for (const [role, page] of [['superadmin', superadmin], ['support', support], ['reseller', reseller], ['agent', agent], ['customer', buyer]] as const) wrong[role] = await stage.wrongOffers(page, role);
    assert.deepEqual(wrong, { superadmin: [], support: [], reseller: [], agent: [], customer: [] });
  });

  it('the portal needs no horizontal scrolling in any width and has no serious flaw', async () => {
    const flaws: string[] = [];
    const look = async (page: Page, paths: string[], width: number) => {
      await page.setViewportSize({ width, height: 844 });
      for (const path of paths) {
        await page.goto(portal + path);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0, `${path} at ${width}`);
        for (const flaw of await seriousFlaws(page)) flaws.push(`${path}: ${flaw}`);
      }
    };
    const { id: node } = await app.deps.db.selectFrom('organizations').select('id').where('name', '=', 'Nord West').executeTakeFirstOrThrow();
    await look(reseller, ['/', '/customers', '/users/new', `/organizations/${node}`, '/two-factor'], 390);
    await look(agent, ['/customers', '/new-license'], 1280);
    await look(buyer, ['/licenses'], 1280);
    assert.deepEqual(flaws, []);
  });

  it('a superadmin sets up an authenticator app, without whose code the password opens nothing, and no code works twice', async () => {
    await superadmin.goto(dashboard);
    await openAccountMenu(superadmin);
    await superadmin.getByRole('link', { name: 'Authenticator app' }).click();
    const secret = (await superadmin.locator('.qr-secret').innerText()).replaceAll(' ', '');
    const totp = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: step / 1000 });
    const code = () => totp.generate({ timestamp: app.clock.now });
    assert.ok(await superadmin.evaluate('document.querySelector("img.qr").naturalWidth > 0'), 'the QR code is drawn');
    await fill(superadmin, 'Code of the app', code());
    await press(superadmin, 'Switch on');
    await title(superadmin, 'Recovery codes');
    assert.equal(await superadmin.locator('.recovery-codes li').count(), 10);
    await follow(superadmin, 'I have kept them');
    await signOut(superadmin);
    for (const isSecondTime of [false, true]) {
      await signIn(superadmin, admin, password);
      await title(superadmin, 'One more step');
      await superadmin.goto(`${dashboard}/customers`);
      await title(superadmin, 'One more step');
      await fill(superadmin, 'Code', code());
      await stage.refused(superadmin, 422, () => press(superadmin, 'Go on'));
      await superadmin.getByText('This code is wrong, too old, or was used already.').waitFor();
      app.clock.now += step;
      await fill(superadmin, 'Code', code());
      await press(superadmin, 'Go on');
      await title(superadmin, 'Overview');
      if (!isSecondTime) await signOut(superadmin);
    }
  });
});
