import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import { boundsOf, mostTokens } from '../../server/ai/gateway/request-bounds.rules.ts';
import { limitsOf } from '../../server/usage/limits.rules.ts';

const limitedBy = (quotas: object) => limitsOf({ monthly_requests: 10, hourly_requests: 10, plan_quotas: JSON.stringify(quotas), license_quotas: null, monthly_budget_microcents: null });
const onRequests = limitedBy({});
const onTokens = limitedBy({ license: { month: { tokens: 1_000 } } });
const messages = [{ role: 'user', content: 'Hello' }];

describe('the most that a request can take', () => {
  it('of a text is at least a token for each of its bytes, whatever language it is in', () => {
    check(property(string({ unit: 'grapheme' }), (content) => assert.ok(mostTokens({ messages: [{ role: 'user', content }] }) >= Buffer.byteLength(content))));
  });

  it('counts images by a flat amount and not by their bytes, and tokens to embed one by one', () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(100_000)}` } };
    const withImage = mostTokens({ messages: [{ role: 'user', content: [image] }] });
    assert.ok(withImage > 4_000 && withImage < 5_000, String(withImage));
    assert.equal(mostTokens({ input: [[1, 2, 3], [4]] }), 4);
  });

  const cases: [string, object, number | undefined, typeof onTokens, { output: number; maxOutput: number | undefined }][] = [
    ['is not bounded where only requests are limited', {}, undefined, onRequests, { output: 0, maxOutput: undefined }],
    ['is what the request says', { max_tokens: 50 }, undefined, onTokens, { output: 50, maxOutput: undefined }],
    ['is what the request says for each choice', { max_completion_tokens: 50, n: 3 }, undefined, onTokens, { output: 150, maxOutput: undefined }],
    ['is bounded where the request says nothing and tokens are limited', {}, undefined, onTokens, { output: 4_096, maxOutput: 4_096 }],
    ['is never more than the plan allows', { max_tokens: 5_000 }, 1_000, onTokens, { output: 1_000, maxOutput: 1_000 }],
    ['is what the plan allows where the request says nothing', {}, 1_000, onRequests, { output: 0, maxOutput: 1_000 }],
    ['is less than the plan allows where the request asks for less', { max_tokens: 10 }, 1_000, onTokens, { output: 10, maxOutput: undefined }],
  ];
  for (const [what, request, cap, limits, expected] of cases) {
    it(`of output ${what}`, () => {
      const { output, maxOutput } = boundsOf({ messages, ...request }, cap, limits);
      assert.deepEqual({ output, maxOutput }, expected);
    });
  }
});
