import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { chatello } from '../command-line.ts';
import { billingVariables, deliveriesOf, licensesOf, map, payload, work, type PaddleEvent } from '../deliveries.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { startProviderRest } from '../provider-rest.ts';

onBothDatabases('chatello reconcile', (engine) => {
  const open = useTestApp(engine, billingVariables);
  const rest = startProviderRest();
  after(async () => (await rest).close());

  it('says with --dry-run what would change and changes nothing, fetches what never came, and fetches it once', async () => {
    const shop = await open();
    const provider = await rest;
    for (const price of ['pri_01gsz8x8sawmvhz1pv30nge1ke', 'pri_01h1vjfevh5etwq3rb416a23h2', 'pri_01gsz98e27ak2tyhexptwc58yk']) await map(shop, 'paddle', price, price.endsWith('1ke') ? 'pro' : null, 1);
    provider.paddleEvents.push(...payload<PaddleEvent[]>('paddle/scenario.checkout-with-subscription.events.json'));
    const variables = { PADDLE_API_KEY: 'pdl_test', PADDLE_BASE_URL: provider.url };
    const database = { url: shop.deps.config.DATABASE_URL, dataDir: shop.deps.config.dataDir, drop: () => Promise.resolve() };
    const run = (...args: string[]) => chatello(database, ['reconcile', ...args], variables);
    const cursors = () => shop.deps.db.selectFrom('billing_cursors').select('name').where('name', 'like', 'reconcile:%').execute();

    const preview = await run('paddle', '--since', '2024-01-01', '--dry-run');
    assert.deepEqual([preview.code, preview.stderr], [0, '']);
    assert.match(preview.stdout, /^12 changes since 2024-01-01T00:00:00\.000Z; \d+ would change something:\n/);
    assert.equal(preview.stdout.match(/ {2}license\.issued \(license [0-9a-f-]{36}\)/g)?.length, 10, preview.stdout);
    assert.deepEqual([await deliveriesOf(shop), await licensesOf(shop), await cursors()], [[], [], []]);

    const { stdout } = await run('paddle', '--since', '2024-01-01', '--json');
    const result = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(result, { provider: 'paddle', since: '2024-01-01T00:00:00.000Z', seen: 12, added: 12, repaired: [] });
    // The command has the time of day.
    shop.clock.now = Date.now() + 1_000;
    await work(shop);
    assert.equal((await licensesOf(shop)).filter(({ status }) => status === 'active').length, 10);
    assert.equal((await cursors()).length, 1);

    assert.match((await run('paddle', '--since', '2024-01-01')).stdout, /^12 changes since .*; 0 of them had not come/);
    assert.match((await run('paddle', '--since', '2024-01-01', '--dry-run')).stdout, /none of them would change anything here/);
    assert.match((await run('paddle')).stdout, /^0 changes since 20/, 'without --since it goes on where it stopped');
  });

  it('says in a sentence what is wrong', async () => {
    const shop = await open();
    const database = { url: shop.deps.config.DATABASE_URL, dataDir: shop.deps.config.dataDir, drop: () => Promise.resolve() };
    const said: [string[], Record<string, string>, RegExp][] = [
      [['etsy'], {}, /Allowed choices are paddle, woocommerce, stripe/],
      [['paddle'], {}, /^paddle cannot be asked: its API is not configured\. Set PADDLE_API_KEY\.\n$/],
      [['paddle', '--since', 'yesterday'], {}, /It must be a day like 2026-11-01/],
      [['paddle', '--since', '2024-01-01'], { PADDLE_API_KEY: 'x', PADDLE_BASE_URL: 'http://127.0.0.1:1' }, /^Paddle did not answer for events: .*\n$/],
    ];
    for (const ended of await Promise.all(said.map(async ([args, variables, expected]) => ({ ...(await chatello(database, ['reconcile', ...args], variables)), expected })))) {
      assert.deepEqual([ended.code, ended.stdout], [1, '']);
      assert.match(ended.stderr, ended.expected);
      assert.doesNotMatch(ended.stderr, /\n\s+at |node:|\.ts:/);
    }
  });
});
