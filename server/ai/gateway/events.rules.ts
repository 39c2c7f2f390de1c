import type { Json } from './loose.rules.ts';
import type { Protocol } from './wire.rules.ts';

/** Events as the protocol writes them. */
export function encodeEvents(protocol: Protocol, events: object[]): string {
  return events.map((event) => (protocol === 'anthropic' ? `event: ${String((event as Json)['type'])}\n` : '') + `data: ${JSON.stringify(event)}\n\n`).join('');
}

/** What follows the last event of a complete stream. */
export function endMarker(protocol: Protocol): string {
  return protocol === 'anthropic' ? '' : 'data: [DONE]\n\n';
}

const notText = new Set(['role', 'type', 'id', 'tool_call_id', 'tool_use_id', 'media_type', 'data', 'url', 'file_data', 'signature', 'encrypted_content']);

/** How many characters of text a request holds, to estimate its tokens; what is not text (images, files) is left out. */
export function inputCharacters(value: unknown, key = ''): number {
  if (typeof value === 'string') return notText.has(key) ? 0 : value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + inputCharacters(item, key), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, item]) => sum + inputCharacters(item, name), 0);
}
