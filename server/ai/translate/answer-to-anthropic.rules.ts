import { isObject, numberOf, objectOf, objectsOf, textOf, type Json } from '../gateway/loose.rules.ts';
import { AnswerUnreadable, type StreamTranslator } from './translation.rules.ts';

/** A chat completion as Anthropic's message. Throws AnswerUnreadable. */
export function answerToAnthropic(completion: Json): Json {
  const [choice = {}] = objectsOf(completion['choices']);
  const message = objectOf(choice['message']);
  const text = textOf(message['content']) + textOf(message['refusal']);
  const calls = objectsOf(message['tool_calls']).map(({ id, function: called }) => ({ type: 'tool_use', id, name: objectOf(called)['name'], input: inputOf(objectOf(called)['arguments']) }));
  return {
    ...messageHead(completion),
    content: [...(text === '' ? [] : [{ type: 'text', text }]), ...calls],
    stop_reason: stopReason(choice['finish_reason']),
    stop_sequence: null,
    usage: usageOf(objectOf(completion['usage'])),
  };
}

/** Chunks of a chat completion as Anthropic's events: one block at a time, each closed before the next begins. Throws AnswerUnreadable. */
export function streamToAnthropic(): StreamTranslator {
  let hasBegun = false;
  let blocks = 0;
  /** `text`, or the index of the tool call that is being told. */
  let open: 'text' | number | undefined;
  const told = new Set<number>();
  let finish: unknown;
  let usage: Json = {};
  const close = (): Json[] => {
    if (open === undefined) return [];
    open = undefined;
    return [{ type: 'content_block_stop', index: blocks - 1 }];
  };
  const begin = (what: 'text' | number, block: Json): Json[] => {
    const events = close();
    open = what;
    blocks += 1;
    return [...events, { type: 'content_block_start', index: blocks - 1, content_block: block }];
  };
  const delta = (fields: Json): Json => ({ type: 'content_block_delta', index: blocks - 1, delta: fields });
  const textEvents = (text: string): Json[] => (text === '' ? [] : [...(open === 'text' ? [] : begin('text', { type: 'text', text: '' })), delta({ type: 'text_delta', text })]);
  const callEvents = (call: Json): Json[] => {
    const index = numberOf(call['index']);
    const called = objectOf(call['function']);
    const events: Json[] = [];
    if (open !== index) {
      if (told.has(index)) throw new AnswerUnreadable('two tool calls are mixed');
      told.add(index);
      events.push(...begin(index, { type: 'tool_use', id: call['id'], name: called['name'], input: {} }));
    }
    const json = textOf(called['arguments']);
    return json === '' ? events : [...events, delta({ type: 'input_json_delta', partial_json: json })];
  };
  const start = (chunk: Json): Json[] => {
    if (hasBegun) return [];
    hasBegun = true;
    return [{ type: 'message_start', message: { ...messageHead(chunk), content: [], stop_reason: null, stop_sequence: null, usage: usageOf({}) } }];
  };
  return {
    push(chunk) {
      const events = start(chunk);
      if (isObject(chunk['usage'])) usage = chunk['usage'];
      const [choice] = objectsOf(chunk['choices']);
      if (!choice) return events;
      const said = objectOf(choice['delta']);
      finish = choice['finish_reason'] ?? finish;
      return [...events, ...textEvents(textOf(said['content']) + textOf(said['refusal'])), ...objectsOf(said['tool_calls']).flatMap(callEvents)];
    },
    end: () => [...start({}), ...close(), { type: 'message_delta', delta: { stop_reason: stopReason(finish), stop_sequence: null }, usage: usageOf(usage) }, { type: 'message_stop' }],
  };
}

function messageHead({ id, model }: Json): Json {
  return { id, type: 'message', role: 'assistant', model };
}

function inputOf(text: unknown): Json {
  if (textOf(text) === '') return {};
  try {
    const input: unknown = JSON.parse(textOf(text));
    if (isObject(input)) return input;
  } catch (error) {
    throw new AnswerUnreadable('the arguments of a tool are not JSON', { cause: error });
  }
  throw new AnswerUnreadable('the arguments of a tool are not an object');
}

/** Anthropic counts what was read from the cache apart from the input. */
function usageOf(usage: Json): Json {
  const cached = numberOf(objectOf(usage['prompt_tokens_details'])['cached_tokens'] ?? usage['prompt_cache_hit_tokens']);
  return { input_tokens: Math.max(0, numberOf(usage['prompt_tokens']) - cached), cache_creation_input_tokens: 0, cache_read_input_tokens: cached, output_tokens: numberOf(usage['completion_tokens']) };
}

function stopReason(finish: unknown): string {
  switch (finish) {
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
    case 'function_call':
      return 'tool_use';
    case 'content_filter':
      return 'refusal';
    default:
      return 'end_turn';
  }
}
