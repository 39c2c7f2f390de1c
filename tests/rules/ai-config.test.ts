import assert from 'node:assert/strict';
import { it } from 'node:test';
import { environmentProviders } from '../../server/ai/catalog/environment-providers.ts';
import { parseConfig } from '../../server/config.ts';

const namesOf = (variables: Record<string, string>) => environmentProviders(parseConfig(variables)).map(({ name }) => name);

it('a provider is there when its variable is set, and the order is always the same', () => {
  assert.deepEqual(namesOf({}), []);
  assert.deepEqual(namesOf({ OPENAI_API_KEY: ' ' }), []);
  assert.deepEqual(namesOf({ OPENAI_COMPATIBLE_BASE_URL: 'http://localhost:11434/v1' }), ['openai-compatible']);
  assert.deepEqual(namesOf({ DEEPSEEK_API_KEY: 'd', ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o' }), ['openai', 'anthropic', 'deepseek']);
});

it('a key for a compatible server without its address, and a time limit that is none, are named', () => {
  assert.throws(() => parseConfig({ OPENAI_COMPATIBLE_API_KEY: 'k', AI_IDLE_TIMEOUT_MS: 'soon' }), /2 mistakes[^]*AI_IDLE_TIMEOUT_MS[^]*OPENAI_COMPATIBLE_BASE_URL/);
});
