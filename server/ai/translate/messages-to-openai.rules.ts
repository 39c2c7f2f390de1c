import { objectOf, objectsOf, textOf, type Json } from '../gateway/loose.rules.ts';
import { CannotTranslate, refuseUnknown } from './translation.rules.ts';

const to = 'an OpenAI model';

/** Anthropic's system prompt and messages as those of a chat completion request; results of tools become messages of their own, before what the user says with them. Throws CannotTranslate. */
export function openAiMessages(system: unknown, messages: unknown): Json[] {
  const prompt = texts(system, 'system');
  const translated = (Array.isArray(messages) ? messages : []).flatMap((entry: unknown, index): Json[] => {
    const { role, content } = objectOf(entry);
    const path = `messages.${index}.`;
    refuseUnknown(objectOf(entry), ['role', 'content'], path, to);
    if (role === 'user') return userMessages(content, `${path}content`);
    if (role === 'assistant') return [assistantMessage(content, `${path}content`)];
    if (role === 'system') return [{ role, content: texts(content, `${path}content`) }];
    throw new CannotTranslate(`${path}role`, `messages[${index}].role "${textOf(role)}" cannot be translated for ${to}.`);
  });
  return [...(prompt === '' ? [] : [{ role: 'system', content: prompt }]), ...translated];
}

function userMessages(content: unknown, path: string): Json[] {
  if (!Array.isArray(content)) return [{ role: 'user', content: textOf(content) }];
  const results: Json[] = [];
  const parts: Json[] = [];
  objectsOf(content).forEach((block, index) => {
    const { type } = block;
    if (type === 'text') parts.push({ type, text: block['text'] });
    else if (type === 'image') parts.push({ type: 'image_url', image_url: { url: imageUrl(objectOf(block['source']), `${path}.${index}.source`) } });
    else if (type === 'tool_result') {
      const said = texts(block['content'], `${path}.${index}.content`);
      results.push({ role: 'tool', tool_call_id: block['tool_use_id'], content: block['is_error'] === true ? `Error: ${said}` : said });
    } else throw unknownBlock(type, path, index);
  });
  const onlyText = parts.every(({ type }) => type === 'text');
  if (parts.length === 0) return results;
  return [...results, { role: 'user', content: onlyText ? parts.map(({ text }) => textOf(text)).join('\n\n') : parts }];
}

function assistantMessage(content: unknown, path: string): Json {
  if (!Array.isArray(content)) return { role: 'assistant', content: textOf(content) };
  const said: string[] = [];
  const calls: Json[] = [];
  objectsOf(content).forEach((block, index) => {
    if (block['type'] === 'text') said.push(textOf(block['text']));
    else if (block['type'] === 'tool_use') calls.push({ id: block['id'], type: 'function', function: { name: block['name'], arguments: JSON.stringify(block['input'] ?? {}) } });
    // Thoughts of another model mean nothing to this one.
    else if (block['type'] !== 'thinking' && block['type'] !== 'redacted_thinking') throw unknownBlock(block['type'], path, index);
  });
  return { role: 'assistant', content: said.length === 0 ? null : said.join(''), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

/** A string, or blocks of the type text. */
function texts(content: unknown, path: string): string {
  if (!Array.isArray(content)) return textOf(content);
  return objectsOf(content)
    .map((block, index) => {
      if (block['type'] !== 'text') throw unknownBlock(block['type'], path, index);
      return textOf(block['text']);
    })
    .join('\n\n');
}

function imageUrl(source: Json, path: string): string {
  if (source['type'] === 'base64') return `data:${textOf(source['media_type'])};base64,${textOf(source['data'])}`;
  if (source['type'] === 'url') return textOf(source['url']);
  throw new CannotTranslate(path, `${path}: only images given as base64 or by their address can be translated for ${to}.`);
}

function unknownBlock(type: unknown, path: string, index: number): CannotTranslate {
  return new CannotTranslate(`${path}.${index}.type`, `${path}[${index}]: blocks of the type "${textOf(type)}" cannot be translated for ${to} here.`);
}
