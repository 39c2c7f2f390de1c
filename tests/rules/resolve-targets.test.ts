import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { microcentsPerDollar } from '../../server/usage/dollars.rules.ts';
import { priceTable, type ModelPrice } from '../../server/ai/catalog/find-price.rules.ts';
import type { AliasTarget, Catalog } from '../../server/ai/catalog/load-catalog.ts';
import type { ProviderKind, ProviderSettings } from '../../server/ai/catalog/provider-settings.rules.ts';
import { costOfAnswer, highestCostOfTarget, resolveTargets, type ModelQuestion } from '../../server/ai/catalog/resolve-targets.ts';
import { openUpstream } from '../../server/ai/gateway/upstreams.ts';
import { AppError } from '../../server/errors.ts';

const line = (provider: string, model: string, dollars: number, more: Partial<ModelPrice> = {}): ModelPrice => ({
  version: 'v1', provider, model, serviceTier: 'default', minInputTokens: 0, input: dollars * microcentsPerDollar, cachedInput: null, cacheWrite: null, output: dollars * 5 * microcentsPerDollar, reasoning: null, characters: null, audioMinute: null, ...more,
});
const table = priceTable('v1', 0, [line('openai', 'gpt-a', 1), line('openai', 'gpt-a', 2, { serviceTier: 'priority' }), line('openai', 'gpt-a', 3, { minInputTokens: 1_000 }), line('openai', 'gpt-a-2026-01-01', 4), line('anthropic', 'claude-a', 1), line('deepseek', 'deepseek-a', 1)]);

const upstream = (name: string, kind: ProviderKind = name as ProviderKind, more: Partial<ProviderSettings> = {}) =>
  openUpstream({ name, title: name, kind, baseUrl: 'http://127.0.0.1:9', apiKey: 'secret', defaultModel: undefined, source: 'dashboard', ...more });
const three = [upstream('openai'), upstream('anthropic'), upstream('deepseek')];
const fast: AliasTarget[] = [{ provider: 'deepseek', model: 'deepseek-a' }, { provider: 'gone', model: 'x' }, { provider: 'anthropic', model: 'claude-a' }, { provider: 'openai', model: 'gpt-unpriced' }];
const catalog = (more: Partial<Catalog> = {}): Catalog => ({ upstreams: three, isDemo: false, aliases: new Map([['chatello-fast', fast]]), priceTables: [table], ...more });

const resolved = (from: Catalog, question: Partial<ModelQuestion> & { model: string }): string => {
  try {
    return resolveTargets(from, { protocol: 'openai', allowedModels: undefined, ...question }, 1_000).map((target) => `${target.upstream?.name ?? 'demo'} ${target.model}`).join(', ');
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
};

describe('who is asked for a model', () => {
  const cases: [string, Partial<ModelQuestion> & { model: string }, string, Partial<Catalog>?][] = [
    ['its provider', { model: 'gpt-a' }, 'openai gpt-a'],
    ['the provider that is named', { model: 'anthropic/claude-a' }, 'anthropic claude-a'],
    ['nobody, for a model that nobody has', { model: 'claude-a' }, 'MODEL_UNKNOWN', { upstreams: [upstream('openai')] }],
    ['nobody, for a model without a price', { model: 'gpt-unpriced' }, 'MODEL_WITHOUT_PRICE'],
    ['nobody, before the first price table begins', { model: 'gpt-a' }, 'MODEL_WITHOUT_PRICE', { priceTables: [priceTable('v2', 2_000, [])] }],
    ['a server without a key, though it has no price', { model: 'llama3.3' }, 'ollama llama3.3', { upstreams: [upstream('ollama', 'openai-compatible', { apiKey: undefined })] }],
    ['a provider on the customer’s own key, though it has no price', { model: 'gpt-unpriced' }, 'openai gpt-unpriced', { upstreams: [upstream('openai', 'openai', { source: 'customer' })] }],
    ['those of an alias that can be asked and have a price, in their order', { model: 'chatello-fast' }, 'deepseek deepseek-a, anthropic claude-a'],
    ['the default model of the first provider that has one, for an alias of which nobody is left', { model: 'chatello-fast' }, 'eu gpt-a', { upstreams: [upstream('openai'), upstream('eu', 'openai', { defaultModel: 'gpt-a' })], aliases: new Map([['chatello-fast', [{ provider: 'gone', model: 'x' }]]]) }],
    ['nobody, for an alias of which nobody is left, where there is no default model', { model: 'lost' }, 'MODEL_UNKNOWN', { aliases: new Map([['lost', []]]) }],
    ['the demo, for anything, while no provider is set up', { model: 'gpt-a', allowedModels: ['x'] }, 'demo demo', { isDemo: true, upstreams: [] }],
    ['nobody, while every provider is switched off', { model: 'gpt-a' }, 'PROVIDER_UNAVAILABLE', { upstreams: [] }],
    ['its provider, where the plan has the model', { model: 'gpt-a', allowedModels: ['gpt-a'] }, 'openai gpt-a'],
    ['its provider, where the plan has the whole name', { model: 'gpt-a', allowedModels: ['openai/gpt-a'] }, 'openai gpt-a'],
    ['its provider, where a pattern of the plan fits', { model: 'gpt-a', allowedModels: ['claude-*', 'GPT-*'] }, 'openai gpt-a'],
    ['nobody, where the plan has other models', { model: 'gpt-a', allowedModels: ['gpt'] }, 'MODEL_NOT_ALLOWED'],
    ['nobody, where the plan has none', { model: 'gpt-a', allowedModels: [] }, 'MODEL_NOT_ALLOWED'],
    ['all of an alias that the plan has by its name', { model: 'chatello-fast', allowedModels: ['chatello-*'] }, 'deepseek deepseek-a, anthropic claude-a'],
    ['of an alias those that the plan has, in their order', { model: 'chatello-fast', allowedModels: ['anthropic/*'] }, 'anthropic claude-a'],
    ['nobody of an alias that the plan has not', { model: 'chatello-fast', allowedModels: ['gpt-a'] }, 'MODEL_NOT_ALLOWED'],
  ];
  for (const [title, question, expected, more] of cases) it(`is ${title}`, () => assert.equal(resolved(catalog(more), question), expected));
});

describe('the cost of an answer', () => {
  const [target] = resolveTargets(catalog(), { model: 'gpt-a', protocol: 'openai', allowedModels: undefined }, 1_000);
  const input = 100;
  const costs = (told: Parameters<typeof costOfAnswer>[2], used: number = input) => costOfAnswer(target, { input: used }, told).microcents / used / 100;

  it('is that of the model, tier and size that the answer tells', () => {
    assert.equal(target.price?.input, microcentsPerDollar);
    assert.deepEqual(costOfAnswer(target, { input }), { microcents: 10_000, version: 'v1' });
    assert.deepEqual([costs({ serviceTier: 'priority' }), costs({}, 2_000), costs({ model: 'gpt-a-2026-01-01' }), costs({ model: 'gpt-nobody-knows' })], [2, 3, 4, 1]);
  });

  it('is nothing where nothing has to be paid', () => {
    const [free] = resolveTargets(catalog({ upstreams: [upstream('ollama', 'openai-compatible', { apiKey: undefined })] }), { model: 'x', protocol: 'openai', allowedModels: undefined }, 1_000);
    assert.deepEqual(costOfAnswer(free, { input }), { microcents: 0, version: undefined });
    assert.equal(highestCostOfTarget(free, { input, output: 10 }), 0);
  });

  it('is never more than what was foreseen, whatever tier and size it comes to', () => {
    for (const used of [1, 500, 5_000]) {
      const most = highestCostOfTarget(target, { input: used, output: 10 });
      for (const serviceTier of ['default', 'priority', 'flex']) assert.ok(costOfAnswer(target, { input: used, output: 10 }, { serviceTier }).microcents <= most);
    }
  });
});
