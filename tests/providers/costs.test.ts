import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { addPriceVersion } from '../../server/ai/catalog/add-price-version.ts';
import { refreshCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { onBothDatabases } from '../harness.ts';
import { lastRow, question } from './chat-client.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { json, openEvents, type Script } from './upstream.ts';

const rates = { serviceTier: 'default', minInputTokens: 0, input: 200, cachedInput: 20, cacheWrite: 250, output: 1_000, reasoning: null, characters: null, audioMinute: null };
const perToken = (price: typeof rates) => ({ ...price, input: price.input * 1_000_000, cachedInput: price.cachedInput * 1_000_000, cacheWrite: price.cacheWrite * 1_000_000, output: price.output * 1_000_000 });
const priority = { ...rates, serviceTier: 'priority', input: 400, cachedInput: 40, cacheWrite: 500, output: 2_000 };
const large = { ...rates, minInputTokens: 1_000, input: 300, cachedInput: 30, cacheWrite: 375, output: 1_500 };
const lines = ['openai', 'anthropic'].flatMap((provider) => [rates, priority, large].map((price) => ({ provider, model: '*', ...perToken(price) })));

/** The same usage in the words of both providers: 100 tokens of input, of them 60 from the cache and 10 written to it, and 7 of output. */
const openAiUsage = (input: number) => ({ prompt_tokens: input, completion_tokens: 7, total_tokens: input + 7, prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 } });
const anthropicUsage = (input: number, tier: string) => ({ input_tokens: input - 70, cache_read_input_tokens: 60, cache_creation_input_tokens: 10, output_tokens: 7, service_tier: tier });
const cost = ({ input, cachedInput, cacheWrite, output }: typeof rates, tokens = 100) => (tokens - 70) * input + 60 * cachedInput + 10 * cacheWrite + 7 * output;

function openAi(tier: string, input = 100): Script {
  const head = { id: 'chatcmpl-1', created: 1, model: 'gpt-5.4-mini-2026-03-17', service_tier: tier };
  return (res, { body }) => {
    if (body['stream'] !== true) return json(res, 200, { ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Boots.' }, finish_reason: 'stop' }], usage: openAiUsage(input) });
    openEvents(res);
    const chunk = { ...head, object: 'chat.completion.chunk' };
    res.write(`data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Boots.' }, finish_reason: 'stop' }], usage: null })}\n\n`);
    res.end(`data: ${JSON.stringify({ ...chunk, choices: [], usage: openAiUsage(input) })}\n\ndata: [DONE]\n\n`);
    return undefined;
  };
}

function anthropic(tier: string, input = 100): Script {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-5-5' };
  return (res, { body }) => {
    if (body['stream'] !== true) return json(res, 200, { ...message, content: [{ type: 'text', text: 'Boots.' }], stop_reason: 'end_turn', stop_sequence: null, usage: anthropicUsage(input, tier) });
    openEvents(res);
    const event = (data: { type: string }) => res.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
    event({ type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage: { ...anthropicUsage(input, tier), output_tokens: 1 } } } as never);
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never);
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Boots.' } } as never);
    event({ type: 'content_block_stop', index: 0 } as never);
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } } as never);
    event({ type: 'message_stop' });
    res.end();
    return undefined;
  };
}

onBothDatabases('what an answer costs', (engine) => {
  let way: Way;
  let version = '';
  before(async () => {
    way = await openWay(engine);
    const { deps } = way.app;
    version = await addPriceVersion(deps.db, { validFrom: deps.now(), note: undefined, prices: lines }, { actor: 'test' }, deps.now());
    await refreshCatalog(deps);
  });
  after(() => way.close());

  const providers = [['openai', 'gpt-5.4-mini', openAi], ['anthropic', 'claude-haiku-5-5', anthropic]] as const;
  for (const [provider, model, script] of providers) {
    for (const stream of [false, true]) {
      const ask = async (tier: string, input?: number) => {
        way.upstream.answer(script(tier, input));
        const asked = { model, messages: question, max_tokens: 20, stream };
        const answer = await fetch(`${way.url}${provider === 'openai' ? '/v1/chat/completions' : '/v1/messages'}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer CHA-TEST-1234-5678-ABCD' }, body: JSON.stringify(asked) });
        assert.equal(answer.status, 200, await answer.text());
        return lastRow(way.app);
      };
      const kind = `${provider}, ${stream ? 'streamed' : 'whole'}`;

      it(`bills each token once, cached ones at their own price (${kind})`, async () => {
        const row = await ask('standard');
        assert.deepEqual([row.cost_microcents, row.charged_cost_microcents, row.price_version, row.is_exact], [cost(rates), cost(rates), version, 1]);
        assert.deepEqual([row.input_tokens, row.cached_tokens, row.cache_write_tokens, row.output_tokens, row.charged_tokens], [100, 60, 10, 7, 107]);
      });

      it(`is that of the tier that the answer names, whatever was asked for (${kind})`, async () => {
        const row = await ask('priority');
        assert.deepEqual([row.cost_microcents, row.service_tier], [cost(priority), 'priority']);
        assert.equal((await ask('of-tomorrow')).cost_microcents, cost(rates), 'a tier without a price of its own costs what the default one costs');
      });

      it(`is that of its size (${kind})`, async () => {
        assert.equal((await ask('standard', 999)).cost_microcents, cost(rates, 999));
        assert.equal((await ask('standard', 1_000)).cost_microcents, cost(large, 1_000));
      });
    }
  }
});
