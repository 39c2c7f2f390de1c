import { isObject, objectOf, textOf, type Json } from '../gateway/loose.rules.ts';
import { anthropicMessages } from './messages-to-anthropic.rules.ts';
import { CannotTranslate, refuseUnknown } from './translation.rules.ts';

const to = 'an Anthropic model';
const defaultMaxTokens = 4_096;
const maxTemperature = 1;

/** Fields that are translated, or that ask for nothing that changes the answer. */
const known = [
  'model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'stop', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls',
  'user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'metadata',
];
/** Values that are the default anyway. */
const harmless: Record<string, (value: unknown) => boolean> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logit_bias: (value) => isObject(value) && Object.keys(value).length === 0,
  response_format: (value) => objectOf(value)['type'] === 'text',
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  service_tier: (value) => value === 'auto' || value === 'default',
  store: (value) => value === false,
};

/** A chat completion request as Anthropic's messages request. Throws CannotTranslate. */
export function requestToAnthropic(request: Json, model: string): Json {
  const unusual = Object.fromEntries(Object.entries(request).filter(([key, value]) => !harmless[key]?.(value)));
  refuseUnknown(unusual, known, '', to);
  const { system, messages } = anthropicMessages(request['messages']);
  const tools = toolsOf(request['tools']);
  const toolChoice = toolChoiceOf(request['tool_choice'], request['parallel_tool_calls'] === false && tools !== undefined);
  const stop = request['stop'];
  const user = textOf(request['safety_identifier']) || textOf(request['user']);
  return {
    model,
    max_tokens: request['max_completion_tokens'] ?? request['max_tokens'] ?? defaultMaxTokens,
    messages,
    ...(system === '' ? {} : { system }),
    ...(typeof request['temperature'] === 'number' ? { temperature: Math.min(request['temperature'], maxTemperature) } : {}),
    ...(typeof request['top_p'] === 'number' ? { top_p: request['top_p'] } : {}),
    ...(stop === undefined || stop === null ? {} : { stop_sequences: Array.isArray(stop) ? stop : [stop] }),
    ...(tools ? { tools } : {}),
    ...(toolChoice && tools ? { tool_choice: toolChoice } : {}),
    ...(user === '' ? {} : { metadata: { user_id: user } }),
    ...(request['stream'] === true ? { stream: true } : {}),
  };
}

function toolsOf(tools: unknown): Json[] | undefined {
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  return tools.map((tool: unknown, index) => {
    const { type, function: described } = objectOf(tool);
    if (type !== 'function' || !isObject(described)) throw new CannotTranslate(`tools.${index}.type`, `tools[${index}]: only tools of the type "function" can be translated for ${to}.`);
    // `strict` promises arguments that fit the schema; Anthropic's own word for it is the same.
    refuseUnknown(described, ['name', 'description', 'parameters', 'strict'], `tools.${index}.function.`, to);
    const { name, description, parameters, strict } = described;
    return { name, ...(typeof description === 'string' ? { description } : {}), input_schema: isObject(parameters) ? parameters : { type: 'object', properties: {} }, ...(strict === true ? { strict } : {}) };
  });
}

function toolChoiceOf(choice: unknown, oneAtATime: boolean): Json | undefined {
  const single = oneAtATime ? { disable_parallel_tool_use: true } : {};
  if (choice === undefined || choice === null) return oneAtATime ? { type: 'auto', ...single } : undefined;
  if (choice === 'none') return { type: 'none' };
  if (choice === 'auto') return { type: 'auto', ...single };
  if (choice === 'required') return { type: 'any', ...single };
  const { type, function: named } = objectOf(choice);
  if (type === 'function' && isObject(named)) return { type: 'tool', name: named['name'], ...single };
  throw new CannotTranslate('tool_choice', `tool_choice must be "auto", "none", "required" or a function to be translated for ${to}.`);
}
