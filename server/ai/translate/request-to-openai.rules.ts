import { isObject, objectOf, objectsOf, textOf, type Json } from '../gateway/loose.rules.ts';
import { openAiMessages } from './messages-to-openai.rules.ts';
import { CannotTranslate, refuseUnknown } from './translation.rules.ts';

const to = 'an OpenAI model';

/** Fields that are translated, or that ask for nothing that changes the answer. */
const known = ['model', 'messages', 'system', 'max_tokens', 'temperature', 'top_p', 'stop_sequences', 'stream', 'tools', 'tool_choice', 'metadata', 'service_tier', 'cache_control'];

/** The name of the field that limits the answer: OpenAI itself refuses max_tokens for newer models, the others know nothing else. */
export type MaxTokensField = 'max_tokens' | 'max_completion_tokens';

/** Anthropic's messages request as a chat completion request. Throws CannotTranslate. */
export function requestToOpenAi(request: Json, model: string, maxTokensField: MaxTokensField): Json {
  const unusual = { ...request };
  if (objectOf(request['thinking'])['type'] === 'disabled') delete unusual['thinking'];
  refuseUnknown(unusual, known, '', to);
  const tools = toolsOf(request['tools']);
  const toolChoice = objectOf(request['tool_choice']);
  const user = textOf(objectOf(request['metadata'])['user_id']);
  return {
    model,
    messages: openAiMessages(request['system'], request['messages']),
    [maxTokensField]: request['max_tokens'],
    ...(typeof request['temperature'] === 'number' ? { temperature: request['temperature'] } : {}),
    ...(typeof request['top_p'] === 'number' ? { top_p: request['top_p'] } : {}),
    ...(Array.isArray(request['stop_sequences']) && request['stop_sequences'].length > 0 ? { stop: request['stop_sequences'] } : {}),
    ...(tools ? { tools } : {}),
    ...(tools && isObject(request['tool_choice']) ? { tool_choice: toolChoiceOf(toolChoice) } : {}),
    ...(tools && toolChoice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {}),
    ...(user === '' ? {} : { user }),
    ...(request['stream'] === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function toolsOf(tools: unknown): Json[] | undefined {
  const described = objectsOf(tools);
  if (described.length === 0) return undefined;
  return described.map((tool, index) => {
    const { type, name, description, input_schema: parameters, strict } = tool;
    if (type !== undefined && type !== null && type !== 'custom') throw new CannotTranslate(`tools.${index}.type`, `tools[${index}]: the tool "${textOf(type)}" is Anthropic's own and cannot be translated for ${to}.`);
    refuseUnknown(tool, ['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'], `tools.${index}.`, to);
    return { type: 'function', function: { name, ...(typeof description === 'string' ? { description } : {}), parameters: parameters ?? {}, ...(strict === true ? { strict } : {}) } };
  });
}

function toolChoiceOf({ type, name }: Json): unknown {
  switch (type) {
    case 'auto':
    case 'none':
      return type;
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name } };
    default:
      throw new CannotTranslate('tool_choice.type', `tool_choice.type "${textOf(type)}" cannot be translated for ${to}.`);
  }
}
