import type { Json } from '../gateway/loose.rules.ts';
import { prependItem, setMembers } from '../gateway/splice-json.ts';
import type { Protocol } from '../gateway/wire.rules.ts';

/** A request: what it says, and the bytes that say it. */
export type ChatRequest = { body: Json; bytes: Buffer };

/** The request with these rules in front of everything that it says: as OpenAI's first message, or before Anthropic's own `system`. Every other byte stays as it is. */
export function addRules(protocol: Protocol, { body, bytes }: ChatRequest, rules: string): ChatRequest {
  if (protocol === 'openai') {
    const message = { role: 'system', content: rules };
    const messages = Array.isArray(body['messages']) ? (body['messages'] as unknown[]) : [];
    return { body: { ...body, messages: [message, ...messages] }, bytes: prependItem(bytes, 'messages', message) };
  }
  const { system } = body;
  if (Array.isArray(system)) {
    const block = { type: 'text', text: rules };
    return { body: { ...body, system: [block, ...(system as unknown[])] }, bytes: prependItem(bytes, 'system', block) };
  }
  const text = typeof system === 'string' && system !== '' ? `${rules}\n\n${system}` : rules;
  return { body: { ...body, system: text }, bytes: setMembers(bytes, { system: text }) };
}
