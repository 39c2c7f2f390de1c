import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findPrice, priceTable, pricesAt, type ModelPrice, type PriceQuestion } from '../../server/ai/catalog/find-price.rules.ts';
import { listPrices } from '../../server/ai/catalog/list-prices.ts';
import { priceLine, priceProblems } from '../../server/ai/catalog/price-version.rules.ts';
import { parseConfig } from '../../server/config.ts';

/** Every line has its own price, so that the price tells which line was found. */
const line = (input: number, provider: string, model: string, more: Partial<ModelPrice> = {}): ModelPrice => ({
  version: 'v1', provider, model, serviceTier: 'default', minInputTokens: 0, input, cachedInput: null, cacheWrite: null, output: 0, reasoning: null, characters: null, audioMinute: null, ...more,
});
const prices = priceTable('v1', 0, [
  line(1, 'openai', 'gpt-5.4'),
  line(2, 'openai', 'gpt-5.4', { minInputTokens: 272_001 }),
  line(3, 'openai', 'gpt-5.4', { serviceTier: 'flex' }),
  line(4, 'openai', 'gpt-5.4', { serviceTier: 'priority', minInputTokens: 1_000 }),
  line(5, 'openai', 'gpt-5.4-2026-03-05'),
  line(6, 'openai', 'gpt-*'),
  line(7, 'openai', 'gpt-5.4-m*'),
  line(8, 'anthropic', 'claude-haiku-5-5'),
  line(9, 'shop', '*'),
]);

describe('the price of a model', () => {
  const cases: [string, PriceQuestion, number | undefined][] = [
    ['its own line', { provider: 'openai', model: 'gpt-5.4' }, 1],
    ['whatever the case', { provider: 'openai', model: 'GPT-5.4' }, 1],
    ['the line of the date that is named', { provider: 'openai', model: 'gpt-5.4-2026-03-05' }, 5],
    ['the line without the date, before any pattern', { provider: 'openai', model: 'gpt-5.4-2026-12-31' }, 1],
    ['the same for a date without dashes', { provider: 'anthropic', model: 'claude-haiku-5-5-20261007' }, 8],
    ['and for -latest', { provider: 'anthropic', model: 'claude-haiku-5-5-latest' }, 8],
    ['the longest pattern', { provider: 'openai', model: 'gpt-5.4-mini' }, 7],
    ['a shorter pattern', { provider: 'openai', model: 'gpt-4o' }, 6],
    ['none, of another provider', { provider: 'deepseek', model: 'gpt-5.4' }, undefined],
    ['none, of a name that nothing fits', { provider: 'openai', model: 'sora' }, undefined],
    ['that of the kind, for a provider without its own', { provider: 'openai-eu', kind: 'openai', model: 'gpt-5.4' }, 1],
    ['its own, for a provider that has one', { provider: 'shop', kind: 'openai', model: 'gpt-5.4' }, 9],
    ['the larger size from its first token on', { provider: 'openai', model: 'gpt-5.4', inputTokens: 272_001 }, 2],
    ['the smaller size up to there', { provider: 'openai', model: 'gpt-5.4', inputTokens: 272_000 }, 1],
    ['the tier of the answer', { provider: 'openai', model: 'gpt-5.4', serviceTier: 'flex' }, 3],
    ['the default tier, by any of its names', { provider: 'openai', model: 'gpt-5.4', serviceTier: 'standard' }, 1],
    ['the default tier for one that has no line', { provider: 'openai', model: 'gpt-5.4', serviceTier: 'scale' }, 1],
    ['the default tier where the line of the tier begins later', { provider: 'openai', model: 'gpt-5.4', serviceTier: 'priority', inputTokens: 10 }, 1],
    ['the tier and the size', { provider: 'openai', model: 'gpt-5.4', serviceTier: 'Priority', inputTokens: 5_000 }, 4],
  ];
  for (const [title, question, expected] of cases) it(`is ${title}`, () => assert.equal(findPrice(prices, question)?.input, expected));

  it('is that of the last table that has begun', () => {
    const tables = [priceTable('a', 0, []), priceTable('b', 1_000, []), priceTable('c', 1_000, []), priceTable('d', 2_000, [])];
    for (const [now, expected] of [[0, 'a'], [999, 'a'], [1_000, 'c'], [1_999, 'c'], [2_000, 'd']] as const) assert.equal(pricesAt(tables, now).version, expected);
    assert.equal(findPrice(pricesAt([], 0), { provider: 'openai', model: 'gpt-5.4' }), undefined);
  });
});

describe('the prices that a new server begins with', () => {
  const lines = listPrices();
  const table = priceTable('list', 0, lines.map((price) => ({ ...price, version: 'list' })));

  it('are a sound table', () => {
    for (const price of lines) assert.deepEqual(priceLine.parse(price), price);
    assert.deepEqual(priceProblems(lines), []);
  });

  it('have the default model of every provider, embeddings, and what speaks and listens', () => {
    const { OPENAI_MODEL, ANTHROPIC_MODEL, DEEPSEEK_MODEL } = parseConfig({});
    const models = [['openai', OPENAI_MODEL], ['anthropic', ANTHROPIC_MODEL], ['deepseek', DEEPSEEK_MODEL], ['openai', 'text-embedding-3-small'], ['openai', 'whisper-1'], ['openai', 'gpt-4o-mini-transcribe'], ['openai', 'tts-1']];
    for (const [provider = '', model = ''] of models) assert.ok(findPrice(table, { provider, model }), `${provider} ${model}`);
  });

  it('ask less for what comes from the cache', () => {
    for (const { model, input, cachedInput } of lines) assert.ok(cachedInput === null || cachedInput < input, model);
  });
});

it('a table that says something twice, or has no basic price for a model, is refused by its line', () => {
  const bad = [line(1, 'openai', 'a'), line(2, 'openai', 'A'), line(3, 'openai', 'b', { serviceTier: 'flex' }), line(4, 'openai', 'c', { minInputTokens: 5 })];
  assert.deepEqual(priceProblems(bad), [{ line: 2, text: 'error.price_twice' }, { line: 3, text: 'error.price_without_default' }, { line: 4, text: 'error.price_without_default' }]);
});
