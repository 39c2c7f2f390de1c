/** What is wrong with a visitor's request: the field as a path, and what to do. */
type Fault = { field: string; message: string };

/** What a page may say of a conversation, in either protocol and in POST /api/chat. Whatever else costs more, or reaches beyond the conversation, or is not known here. */
const fields = new Set([
  'model', 'messages', 'stream', 'stream_options', 'temperature', 'top_p', 'top_k', 'max_tokens', 'max_completion_tokens', 'stop', 'stop_sequences', 'presence_penalty', 'frequency_penalty', 'seed', 'n',
  'response_format', 'tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call', 'user', 'metadata', 'store', 'domain', 'api_provider',
]);
const roles = new Set(['user', 'assistant', 'tool', 'function']);

/** Why a request does not do for a visitor, or undefined. The rules of a conversation are the owner's, so nobody in a browser may send any. */
export function visitorFault(body: Record<string, unknown>): Fault | undefined {
  const { messages, n, tools, store } = body;
  if (isSet(body['system'])) return fault('system', 'the rules of the conversation are kept on the server; a visitor cannot send any');
  for (const [index, message] of (Array.isArray(messages) ? (messages as unknown[]) : []).entries()) {
    const role = (message as { role?: unknown } | null)?.role;
    if (typeof role !== 'string' || !roles.has(role)) return fault(`messages.${index}.role`, `must be user, assistant or tool; the rules of the conversation are kept on the server`);
  }
  if (isSet(n) && n !== 1) return fault('n', 'must be 1 for a visitor');
  for (const [index, tool] of (Array.isArray(tools) ? (tools as unknown[]) : []).entries()) {
    const type = (tool as { type?: unknown } | null)?.type;
    if (type !== undefined && type !== 'function' && type !== 'custom') return fault(`tools.${index}.type`, 'must be function or custom; tools that the provider runs are not for visitors');
  }
  if (isSet(store) && store !== false) return fault('store', 'must be false for a visitor');
  const other = Object.keys(body).find((key) => !fields.has(key) && isSet(body[key]));
  return other === undefined ? undefined : fault(other.slice(0, 60), 'is not for visitors; ask with the licence key, from the server of the site');
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function fault(field: string, message: string): Fault {
  return { field: `body.${field}`, message: `body.${field}: ${message}` };
}
