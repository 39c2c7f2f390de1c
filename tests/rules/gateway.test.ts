import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shapeError } from '../../server/ai/gateway/error-shapes.rules.ts';
import { inputCharacters } from '../../server/ai/gateway/events.rules.ts';
import { goDuration, quotaHeaders } from '../../server/ai/gateway/quota-headers.rules.ts';
import { listedName, routeModel, type Candidate } from '../../server/ai/gateway/route-model.rules.ts';
import type { Protocol } from '../../server/ai/gateway/wire.rules.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';

const all = ['openai', 'anthropic', 'deepseek', 'openai-compatible'];
/** Providers by name; one that is not named after its kind as `name:kind`. */
const candidates = (names: string[]) => names.map((text): Candidate => ({ name: text.split(':')[0] ?? '', kind: (text.split(':')[1] ?? text) as Candidate['kind'] }));

describe('which provider serves a model', () => {
  const cases: [string, string[], Protocol, string | undefined][] = [
    ['gpt-5.4-mini', all, 'openai', 'openai gpt-5.4-mini'],
    ['o3', all, 'anthropic', 'openai o3'],
    ['text-embedding-3-small', all, 'openai', 'openai text-embedding-3-small'],
    ['ft:gpt-4o:shop::7p4lURel', all, 'openai', 'openai ft:gpt-4o:shop::7p4lURel'],
    ['claude-haiku-5-5', all, 'openai', 'anthropic claude-haiku-5-5'],
    ['Claude-Haiku-5-5', all, 'openai', 'anthropic Claude-Haiku-5-5'],
    ['deepseek-v4-flash', all, 'openai', 'deepseek deepseek-v4-flash'],
    ['llama3.3', all, 'openai', 'openai-compatible llama3.3'],
    ['llama3.3', ['anthropic', 'openai'], 'openai', 'openai llama3.3'],
    ['llama3.3', ['openai', 'anthropic'], 'anthropic', 'anthropic llama3.3'],
    ['llama3.3', ['anthropic'], 'openai', 'anthropic llama3.3'],
    ['anthropic/gpt-like', all, 'openai', 'anthropic gpt-like'],
    ['OpenAI_Compatible/claude-clone', all, 'openai', 'openai-compatible claude-clone'],
    ['openai/gpt-oss-20b', ['openai-compatible'], 'openai', 'openai-compatible openai/gpt-oss-20b'],
    ['meta-llama/Llama-3', all, 'openai', 'openai-compatible meta-llama/Llama-3'],
    ['deepseek-r1', ['openai', 'openai-compatible'], 'openai', 'openai-compatible deepseek-r1'],
    ['claude-haiku-5-5', ['openai', 'deepseek'], 'anthropic', undefined],
    ['anthropic/claude-haiku-5-5', ['openai'], 'openai', undefined],
    ['openai/', all, 'openai', undefined],
    ['demo', ['openai'], 'openai', undefined],
    ['whisper-1', all, 'openai', 'openai whisper-1'],
    ['claude-haiku-5-5', ['openai', 'claude-eu:anthropic'], 'openai', 'claude-eu claude-haiku-5-5'],
    ['shop-llm/llama3.3', ['openai', 'ollama:openai-compatible', 'shop-llm:openai-compatible'], 'openai', 'shop-llm llama3.3'],
    ['llama3.3', ['openai', 'ollama:openai-compatible', 'shop-llm:openai-compatible'], 'openai', 'ollama llama3.3'],
    ['elsewhere/llama3.3', ['openai', 'ollama:openai-compatible'], 'openai', 'ollama elsewhere/llama3.3'],
    ['gpt-5.4-mini', [], 'openai', undefined],
  ];
  for (const [model, available, caller, expected] of cases) {
    it(`${model} of ${available.join(', ')} for an ${caller} client: ${expected ?? 'nobody'}`, () => {
      const target = routeModel(model, candidates(available), caller);
      assert.equal(target && `${target.provider} ${target.model}`, expected);
    });
  }

  it('lists a model under a name that leads back to its provider', () => {
    assert.equal(listedName({ provider: 'openai', model: 'gpt-5.4-mini' }, candidates(all), 'openai'), 'gpt-5.4-mini');
    for (const [provider, model] of [['openai', 'sora'], ['openai-compatible', 'claude-clone'], ['openai-compatible', 'openai/gpt-oss-20b']] as const) {
      const name = listedName({ provider, model }, candidates(all), 'openai');
      assert.equal(name, `${provider}/${model}`);
      assert.deepEqual(routeModel(name, candidates(all), 'openai'), { provider, model });
    }
  });
});

describe('errors in the shape of the caller', () => {
  const cases: [ErrorCode, number, string, string | null, string, boolean][] = [
    ['LICENSE_INVALID', 401, 'invalid_request_error', 'invalid_api_key', 'authentication_error', false],
    ['UNAUTHENTICATED', 401, 'invalid_request_error', 'invalid_api_key', 'authentication_error', false],
    ['LICENSE_REFUSED', 403, 'permission_error', 'license_refused', 'permission_error', false],
    ['PLAN_WITHOUT_AI', 403, 'permission_error', 'plan_without_ai', 'permission_error', false],
    ['MODEL_NOT_ALLOWED', 403, 'permission_error', 'model_not_allowed', 'permission_error', false],
    ['MODEL_WITHOUT_PRICE', 400, 'invalid_request_error', 'model_without_price', 'invalid_request_error', false],
    ['MODEL_UNKNOWN', 404, 'invalid_request_error', 'model_not_found', 'not_found_error', false],
    ['QUOTA_EXHAUSTED', 429, 'insufficient_quota', 'insufficient_quota', 'rate_limit_error', false],
    ['RATE_LIMITED', 429, 'requests', 'rate_limit_exceeded', 'rate_limit_error', false],
    ['INVALID_REQUEST', 400, 'invalid_request_error', null, 'invalid_request_error', false],
    ['BODY_TOO_LARGE', 413, 'invalid_request_error', 'body_too_large', 'request_too_large', false],
    ['PROVIDER_UNAVAILABLE', 503, 'server_error', 'provider_unavailable', 'overloaded_error', true],
    ['PROVIDER_TIMEOUT', 504, 'server_error', 'provider_timeout', 'timeout_error', true],
    ['PROVIDER_FAILED', 502, 'server_error', 'provider_failed', 'api_error', true],
    ['INTERNAL', 500, 'server_error', 'internal', 'api_error', true],
  ];
  for (const [code, status, type, openAiCode, anthropicType, mayRetry] of cases) {
    it(`${code} is a ${status}${mayRetry ? '' : ' that no SDK repeats'}`, () => {
      const error = new AppError(code, 'Text.', { field: 'body.messages.0.content' });
      const openAi = shapeError('openai', error, 'req_1');
      const anthropic = shapeError('anthropic', error, 'req_1');
      assert.deepEqual([openAi.status, openAi.body], [status, { error: { message: 'Text.', type, param: 'messages[0].content', code: openAiCode } }]);
      assert.deepEqual([anthropic.status, anthropic.body], [status, { type: 'error', error: { type: anthropicType, message: 'Text.' }, request_id: 'req_1' }]);
      for (const { headers } of [openAi, anthropic]) assert.equal(headers['x-should-retry'], mayRetry ? undefined : 'false');
    });
  }
});

describe('rate headers', () => {
  const durations: [number, string][] = [[1, '1s'], [59, '59s'], [60, '1m0s'], [361, '6m1s'], [3600, '1h0m0s'], [864_061, '240h1m1s']];
  for (const [seconds, expected] of durations) it(`${seconds} s is ${expected}`, () => assert.equal(goDuration(seconds), expected));

  it('speak of the window that will run out first, in the words of each protocol', () => {
    const now = Date.UTC(2026, 10, 21, 12, 30);
    const state = (window: 'hour' | 'month', unit: 'requests' | 'tokens', limit: number, resetsAt: number) => ({ scope: 'license' as const, window, unit, limit, used: 10, remaining: limit - 10, resetsAt });
    const quota = [state('month', 'requests', 1000, Date.UTC(2026, 11, 1)), state('hour', 'requests', 100, Date.UTC(2026, 10, 21, 13))];
    assert.deepEqual(quotaHeaders('openai', quota, now), { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': '90', 'x-ratelimit-reset-requests': '30m0s' });
    assert.deepEqual(quotaHeaders('anthropic', quota, now), { 'anthropic-ratelimit-requests-limit': '100', 'anthropic-ratelimit-requests-remaining': '90', 'anthropic-ratelimit-requests-reset': '2026-11-21T13:00:00Z' });
    const withTokens = [...quota, state('month', 'tokens', 5000, Date.UTC(2026, 11, 1))];
    assert.deepEqual(quotaHeaders('openai', withTokens, now), { ...quotaHeaders('openai', quota, now), 'x-ratelimit-limit-tokens': '5000', 'x-ratelimit-remaining-tokens': '4990', 'x-ratelimit-reset-tokens': '227h30m0s' });
    assert.deepEqual(quotaHeaders('openai', [], now), {});
  });
});

it('an estimate of the input counts texts, and no images', () => {
  const image = 'x'.repeat(1000);
  assert.equal(inputCharacters([{ role: 'user', content: [{ type: 'text', text: 'Hello' }, { type: 'image_url', image_url: { url: image } }, { type: 'image', source: { type: 'base64', data: image } }] }]), 'Hello'.length);
});
