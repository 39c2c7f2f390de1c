import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { parseConfig } from '../../server/config.ts';
import { plainIssue } from '../../server/plain-issue.ts';

describe('what is wrong with a value', () => {
  it('is said in words that follow the name of the field', () => {
    const cases: [z.ZodType, unknown, string][] = [
      [z.string(), undefined, 'is missing'],
      [z.string(), 5, 'must be text'],
      [z.int(), '5', 'must be a number'],
      [z.int(), 1.5, 'must be a whole number'],
      [z.object({}), [], 'must be an object'],
      [z.array(z.string()), {}, 'must be a list'],
      [z.boolean(), 'yes', 'must be true or false'],
      [z.int().min(1), 0, 'must be at least 1'],
      [z.number().max(2), 7, 'must be at most 2'],
      [z.string().min(1), '', 'must not be empty'],
      [z.string().max(3), 'abcd', 'must be at most 3 characters long'],
      [z.array(z.int()).max(1), [1, 2], 'must be at most 1 element'],
      [z.enum(['a', 'b', 'c']), 'd', 'must be a, b or c'],
      [z.stringbool(), 'maybe', 'must be true, 1, yes, on, y, enabled, false, 0, no, off, n or disabled'],
      [z.string().max(3, 'is too long for a name'), 'abcd', 'is too long for a name'],
    ];
    for (const [schema, value, message] of cases) assert.equal(schema.safeParse(value, { error: plainIssue }).error?.issues[0]?.message, message);
  });

  it('names each wrong variable in plain words', () => {
    const wrong = { PORT: 'abc', ADMIN_PORT: '70000', NODE_ENV: 'prod', AI_IDLE_TIMEOUT_MS: '0' };
    assert.throws(() => parseConfig(wrong), (error: Error) => {
      for (const line of ['PORT: must be a number', 'ADMIN_PORT: must be at most 65535', 'NODE_ENV: must be development, production or test', 'AI_IDLE_TIMEOUT_MS: must be at least 1']) assert.ok(error.message.includes(`- ${line}\n`) || error.message.endsWith(`- ${line}`), `${line} in ${error.message}`);
      return true;
    });
  });
});
