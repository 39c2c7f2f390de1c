import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseConfig } from '../../server/config.ts';
import { visitor, type Visitor } from '../admin-client.ts';
import { billingVariables, map, paddleEvent, sendPaddle, work } from '../deliveries.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const keyPattern = /CHA(-[0-9A-Z]{4}){4}/g;
const price = 'pri_price_pro_yearly';
let serial = 0;

/** Goes to the checkout and returns what it gives to Paddle. */
async function checkout(buyer: Visitor): Promise<string> {
  const page = await buyer.get('/pricing/checkout?plan=pro&billing=yearly');
  assert.equal(page.status, 200);
  return /data-claim="([0-9a-f]{64})"/.exec(page.text)?.[1] ?? '';
}

/** What Paddle sends when somebody has paid with this claim. */
async function pay(app: TestApp, claim: unknown): Promise<void> {
  serial += 1;
  const [id, customer] = [`txn_price_${serial}`, `ctm_price_${serial}`];
  await sendPaddle(app, paddleEvent('customer.created', { id: customer, email: `price${serial}@example.test` }));
  const paidAt = new Date(app.clock.now).toISOString();
  await sendPaddle(app, paddleEvent('transaction.completed', {
    id, billed_at: paidAt, payments: [{ status: 'captured', captured_at: paidAt }], customer_id: customer, subscription_id: null, custom_data: claim === undefined ? null : { chatello_claim: claim }, items: [{ quantity: 1, price: { id: price, name: 'Pro', description: 'Pro', billing_cycle: null } }],
    details: { totals: { total: '29000', grand_total: '29000' }, line_items: [{ id: `${id}_line`, price_id: price, quantity: 1, totals: { total: '29000' }, product: { name: 'Pro' } }] },
  }, paidAt));
  await work(app);
}

const stateOf = async (buyer: Visitor) => ((await buyer.get('/thanks/status')).body as { state: string }).state;
const keysOn = async (buyer: Visitor) => [...((await buyer.get('/thanks')).text.match(keyPattern) ?? [])];

onBothDatabases('the pricing page', (engine) => {
  const bare = useTestApp(engine);
  const shop = useTestApp(engine, { SHOP_URL: 'https://shop.example.test/chatello' });
  const overlay = useTestApp(engine, { ...billingVariables, PADDLE_CLIENT_TOKEN: 'test_0123456789abcdef', PADDLE_ENVIRONMENT: 'sandbox', SHOP_URL: 'https://shop.example.test/chatello' });

  it('shows the plans of the database with prices as the reader writes them, monthly or yearly, and is honest where nothing can be bought', async () => {
    const app = await bare();
    const buyer = visitor(app.api);
    const english = await buyer.get('/pricing');
    assert.match(english.text, /Starter[\s\S]*€9\.00[\s\S]*Pro[\s\S]*€29\.00[\s\S]*Agency/);
    assert.match(english.text, /Buying online is not set up yet/);
    assert.doesNotMatch(english.text, /btn btn-primary/);
    const italian = await buyer.get('/pricing?billing=yearly', { 'accept-language': 'it' });
    assert.match(italian.text, /290,00\s€[\s\S]*all(&#x27;|')anno[\s\S]*16% in meno/);
    assert.doesNotMatch(english.headers['content-security-policy'] ?? '', /paddle/);
    assert.doesNotMatch(english.text, /noindex/);
    assert.equal((await buyer.get('/pricing/checkout?plan=pro&billing=yearly')).status, 404);
    assert.equal(buyer.cookies.size, 0);
  });

  it('leads to the shop where there is one, and to the checkout for a plan whose price id is mapped', async () => {
    const inShop = (await visitor((await shop()).api).get('/pricing')).text;
    assert.equal(inShop.match(/href="https:\/\/shop\.example\.test\/chatello"/g)?.length, 3);
    const app = await overlay();
    await map(app, 'paddle', price, 'pro', 12);
    const buyer = visitor(app.api);
    const yearly = (await buyer.get('/pricing?billing=yearly')).text;
    assert.match(yearly, /href="\/pricing\/checkout\?plan(=|&#x3D;)pro&amp;billing(=|&#x3D;)yearly"/);
    assert.equal(yearly.match(/href="https:\/\/shop\.example\.test\/chatello"/g)?.length, 2);
    assert.equal((await buyer.get('/pricing')).text.match(/href="https:\/\/shop\.example\.test\/chatello"/g)?.length, 3);
  });

  it('lets Paddle onto the checkout page alone', async () => {
    const app = await overlay();
    const buyer = visitor(app.api);
    const policy = (await buyer.get('/pricing/checkout?plan=pro&billing=yearly')).headers['content-security-policy'] ?? '';
    assert.match(policy, /script-src 'self' 'nonce-[^']+' https:\/\/cdn\.paddle\.com\/paddle\/v2\/;.*frame-src https:\/\/sandbox-buy\.paddle\.com/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    for (const path of ['/pricing', '/thanks', '/account/sign-in']) assert.doesNotMatch((await buyer.get(path)).headers['content-security-policy'] ?? '', /paddle/);
    assert.throws(() => parseConfig({ PADDLE_CLIENT_TOKEN: 'live_0123456789abcdef', PADDLE_ENVIRONMENT: 'sandbox' }), /do not fit/);
  });

  it('shows the key to the browser that paid, when it has come, and to no other', async () => {
    const app = await overlay();
    const [buyer, other, stranger] = [visitor(app.api), visitor(app.api), visitor(app.api)];
    const claim = await checkout(buyer);
    await checkout(other);
    assert.deepEqual([await stateOf(buyer), await stateOf(other), await stateOf(stranger)], ['waiting', 'waiting', 'unknown']);
    await pay(app, claim);
    assert.deepEqual([await stateOf(buyer), await stateOf(other), await stateOf(stranger)], ['ready', 'waiting', 'unknown']);
    const [key = ''] = await keysOn(buyer);
    assert.equal((await app.call('post', '/api/validate', { key, body: {} })).body.code, 'VALID');
    assert.deepEqual([await keysOn(other), await keysOn(stranger)], [[], []]);
    assert.match((await stranger.get('/thanks')).text, /comes by e-mail/);
    // What goes to Paddle, and stands in deliveries, opens nothing.
    stranger.cookies.set('chatello_claim', claim);
    assert.equal(await stateOf(stranger), 'unknown');
    assert.ok((await app.deps.db.selectFrom('audit_log').select('id').where('action', '=', 'license.key_shown').execute()).length > 0);
  });

  it('binds a claim to one order for good: whoever learns it can neither take the place nor add to it', async () => {
    const app = await overlay();
    const buyer = visitor(app.api);
    const claim = await checkout(buyer);
    await pay(app, claim);
    const [own] = await keysOn(buyer);
    await pay(app, claim);
    assert.deepEqual(await keysOn(buyer), [own]);
  });

  it('opens no checkout that somebody else has prepared', async () => {
    const app = await overlay();
    const answer = await visitor(app.api).get('/pricing/checkout?plan=pro&billing=yearly&_ptxn=txn_prepared');
    assert.deepEqual([answer.status, answer.headers['location']], [303, '/pricing/checkout?plan=pro&billing=yearly']);
  });

  it('forgets after an hour, and takes a purchase all the same whatever its custom data say', async () => {
    const app = await overlay();
    const buyer = visitor(app.api);
    const claim = await checkout(buyer);
    for (const odd of [undefined, 'x', 7, '0'.repeat(64), { deep: [] }]) await pay(app, odd);
    assert.deepEqual((await app.deps.db.selectFrom('inbox').select('status').where('status', '!=', 'handled').execute()).length, 0);
    assert.equal(await stateOf(buyer), 'waiting');
    const before = app.clock.now;
    app.clock.now += 60 * 60_000;
    await pay(app, claim);
    assert.equal(await stateOf(buyer), 'unknown');
    assert.deepEqual(await keysOn(buyer), []);
    app.clock.now = before;
  });
});
