import { isObject, objectOf, objectsOf, textOf, type Json } from '../gateway/loose.rules.ts';
import { CannotTranslate, refuseUnknown } from './translation.rules.ts';

const to = 'an Anthropic model';

/**
 * The messages of a chat completion request as Anthropic's: system texts stand apart, results of tools are blocks of a user's message,
 * and neighbours of the same role become one. Throws CannotTranslate.
 */
export function anthropicMessages(messages: unknown): { system: string; messages: { role: string; content: Json[] }[] } {
  const system: string[] = [];
  const result: { role: string; content: Json[] }[] = [];
  const add = (role: string, content: Json[]) => {
    const last = result.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) result.push({ role, content });
  };
  (Array.isArray(messages) ? messages : []).forEach((entry: unknown, index) => {
    const message = objectOf(entry);
    const path = `messages.${index}.`;
    switch (message['role']) {
      case 'system':
      case 'developer':
        refuseUnknown(message, ['role', 'content'], path, to);
        system.push(textParts(message['content'], `${path}content`));
        break;
      case 'user':
        refuseUnknown(message, ['role', 'content'], path, to);
        add('user', userBlocks(message['content'], `${path}content`));
        break;
      case 'assistant':
        add('assistant', assistantBlocks(message, path));
        break;
      case 'tool':
        refuseUnknown(message, ['role', 'content', 'tool_call_id', 'name'], path, to);
        add('user', [{ type: 'tool_result', tool_use_id: message['tool_call_id'], content: textParts(message['content'], `${path}content`) }]);
        break;
      default:
        throw new CannotTranslate(`${path}role`, `messages[${index}].role "${textOf(message['role'])}" cannot be translated for ${to}.`);
    }
  });
  return { system: system.filter((text) => text !== '').join('\n\n'), messages: result };
}

function assistantBlocks(message: Json, path: string): Json[] {
  // Thoughts of another model and notes on sources mean nothing to this one.
  const { annotations: _annotations, reasoning_content: _thoughts, reasoning: _reasoning, parsed: _parsed, ...said } = message;
  if (Array.isArray(said['tool_calls']) && said['tool_calls'].length === 0) delete said['tool_calls'];
  refuseUnknown(said, ['role', 'content', 'refusal', 'tool_calls'], path, to);
  const text = textParts(said['content'], `${path}content`) + textOf(said['refusal']);
  const calls = objectsOf(said['tool_calls']).map((call, index) => {
    const described = call['function'];
    if (!isObject(described)) throw new CannotTranslate(`${path}tool_calls.${index}`, `${path}tool_calls[${index}]: only calls of functions can be translated for ${to}.`);
    return { type: 'tool_use', id: call['id'], name: described['name'], input: argumentsOf(described['arguments'], `${path}tool_calls.${index}.function.arguments`) };
  });
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...calls];
}

function argumentsOf(text: unknown, path: string): Json {
  if (text === undefined || text === null || text === '') return {};
  try {
    const value: unknown = JSON.parse(textOf(text));
    if (isObject(value)) return value;
  } catch (error) {
    throw new CannotTranslate(path, `${path} is not valid JSON: ${(error as Error).message.slice(0, 60)}`);
  }
  throw new CannotTranslate(path, `${path} must be a JSON object to be translated for ${to}.`);
}

/** Texts only: a string, or parts of the type text (and an assistant's refusals). */
function textParts(content: unknown, path: string): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part, index) => {
      if (part['type'] === 'text') return textOf(part['text']);
      if (part['type'] === 'refusal') return textOf(part['refusal']);
      throw new CannotTranslate(`${path}.${index}.type`, `${path}[${index}]: parts of the type "${textOf(part['type'])}" cannot be translated for ${to} here.`);
    })
    .join('');
}

function userBlocks(content: unknown, path: string): Json[] {
  if (!Array.isArray(content)) return textOf(content) === '' ? [] : [{ type: 'text', text: content }];
  return objectsOf(content).flatMap((part, index): Json[] => {
    if (part['type'] === 'text') return textOf(part['text']) === '' ? [] : [{ type: 'text', text: part['text'] }];
    if (part['type'] === 'image_url') return [imageBlock(textOf(objectOf(part['image_url'])['url']), `${path}.${index}.image_url.url`)];
    throw new CannotTranslate(`${path}.${index}.type`, `${path}[${index}]: parts of the type "${textOf(part['type'])}" cannot be translated for ${to}.`);
  });
}

function imageBlock(url: string, path: string): Json {
  const [, mediaType, data] = /^data:(image\/[\w.+-]+);base64,(.+)$/s.exec(url) ?? [];
  if (mediaType !== undefined) return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
  if (/^https?:\/\//.test(url)) return { type: 'image', source: { type: 'url', url } };
  throw new CannotTranslate(path, `${path} must be an http address or a base64 data URL of an image to be translated for ${to}.`);
}
