import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { sql } from 'kysely';
import { addPriceVersion } from '../../server/ai/catalog/add-price-version.ts';
import { addProvider, changeProvider, type ProviderInput } from '../../server/ai/catalog/change-provider.ts';
import { findPrice, pricesAt } from '../../server/ai/catalog/find-price.rules.ts';
import { loadCatalog, refreshCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { listPrices } from '../../server/ai/catalog/list-prices.ts';
import { AppError } from '../../server/errors.ts';
import { openDatabase, closeDatabase } from '../../server/db/database.ts';
import { seed } from '../../server/seed.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';

const by = { actor: 'test' };
const ollama: ProviderInput = { title: 'Ollama', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:11434/v1', defaultModel: 'llama', key: { change: 'none' } };

onBothDatabases('the catalogue', (engine) => {
  let app: TestApp;
  before(async () => {
    app = await createTestApp(engine, { OPENAI_API_KEY: 'sk-env' });
  });
  after(() => app.close());
  const names = async () => (await loadCatalog(app.deps)).upstreams.map(({ name }) => name);
  /** Another process on the same database. */
  const elsewhere = () => {
    const db = openDatabase(app.deps.config.DATABASE_URL, app.deps.config.dataDir);
    return { deps: { ...app.deps, db }, close: () => closeDatabase(db) };
  };

  it('is there at once while it is fresh, and knows a change of this process immediately', async () => {
    await loadCatalog(app.deps);
    assert.ok(!(loadCatalog(app.deps) instanceof Promise));
    await addProvider(app.deps, 'ollama', ollama, by);
    assert.ok(!(loadCatalog(app.deps) instanceof Promise));
    assert.deepEqual(await names(), ['openai', 'ollama']);
    await assert.rejects(addProvider(app.deps, 'ollama', ollama, by), (error) => error instanceof AppError && error.code === 'CONFLICT');
    await assert.rejects(addProvider(app.deps, 'openai', ollama, by), (error) => error instanceof AppError && error.code === 'CONFLICT');
    await assert.rejects(addProvider(app.deps, 'cloud', { ...ollama, baseUrl: 'http://169.254.169.254/' }, by), (error) => error instanceof AppError && error.field === 'baseUrl');
  });

  it('knows a change of another process after two seconds', async () => {
    const other = elsewhere();
    await loadCatalog(app.deps);
    await addProvider(other.deps, 'vllm', { ...ollama, title: 'vLLM' }, by);
    app.clock.now += 1_999;
    assert.deepEqual(await names(), ['openai', 'ollama']);
    app.clock.now += 1;
    assert.deepEqual(await names(), ['openai', 'ollama', 'vllm']);
    await other.close();
  });

  it('keeps the connections of a provider whose settings are the same, and makes new ones for another', async () => {
    const before = (await loadCatalog(app.deps)).upstreams;
    await changeProvider(app.deps, 'ollama', { ...ollama, baseUrl: 'http://127.0.0.1:11435/v1' }, by);
    const now = (await loadCatalog(app.deps)).upstreams;
    assert.deepEqual(now.map((upstream, index) => upstream === before[index]), [true, false, true]);
  });

  it('goes on with what it knew while the database fails, and knows the rest when it is back', async () => {
    const known = await loadCatalog(app.deps);
    await sql`ALTER TABLE model_aliases RENAME TO model_aliases_away`.execute(app.deps.db);
    app.clock.now += 5_000;
    assert.deepEqual(await loadCatalog(app.deps), known);
    await sql`ALTER TABLE model_aliases_away RENAME TO model_aliases`.execute(app.deps.db);
    await addProvider(app.deps, 'lm-studio', ollama, by);
    assert.ok((await names()).includes('lm-studio'));
  });

  it('has the price table in force and those to come, to the millisecond', async () => {
    const [line] = listPrices();
    assert.ok(line);
    const begins = app.clock.now + 500;
    const version = await addPriceVersion(app.deps.db, { validFrom: begins, note: undefined, prices: [{ ...line, input: 123 }] }, by, app.clock.now);
    await refreshCatalog(app.deps);
    const { priceTables } = await loadCatalog(app.deps);
    const at = (now: number) => findPrice(pricesAt(priceTables, now), { provider: line.provider, model: line.model })?.input;
    assert.deepEqual([at(begins - 1) === 123, at(begins), at(begins + 1e12)], [false, 123, 123]);
    app.clock.now = begins + 2_000;
    assert.deepEqual((await loadCatalog(app.deps)).priceTables.map((table) => table.version), [version]);
  });

  it('takes two tables of one moment in the order in which they came, under names of their own', async () => {
    const [line] = listPrices();
    assert.ok(line);
    const versions = await Promise.all([1, 2, 3].map((input) => addPriceVersion(app.deps.db, { validFrom: 0, note: undefined, prices: [{ ...line, input }] }, by, app.clock.now)));
    assert.equal(new Set(versions).size, 3);
    await assert.rejects(addPriceVersion(app.deps.db, { validFrom: 0, note: undefined, prices: [] }, by, app.clock.now), /between 1 and/);
    await assert.rejects(addPriceVersion(app.deps.db, { validFrom: 0, note: undefined, prices: [line, line] }, by, app.clock.now), /there twice/);
  });

  it('is seeded once: what the operator has deleted does not come back', async () => {
    await app.deps.db.deleteFrom('model_aliases').where('alias', '=', 'chatello-smart').execute();
    await seed(app.deps);
    await refreshCatalog(app.deps);
    assert.deepEqual([...(await loadCatalog(app.deps)).aliases.keys()], ['chatello-fast']);
    assert.equal((await app.deps.db.selectFrom('price_versions').selectAll().where('valid_from', '=', 0).execute()).length, 1);
  });
});
