import { segmentsOf, type Facts } from './ground.ts';
import type { Transport } from './transport.ts';
import { ChatError, type ChatConfig, type Message, type Offer, type Page, type Product, type ToolCall } from './types.ts';

const maxRounds = 5;
const maxCallsPerRound = 4;

export type Listener = { onText: (text: string) => void; onSearch: () => void; onOffer: (offer: Offer) => void };
type ToolResult = { content: object; products: Product[]; pages: Page[] };

/**
 * One question until its answer, tools included. `messages` and `facts` grow on the way. At most five rounds: after the last the
 * model must answer with what it has. Returns the text of the answer.
 */
export async function converse(transport: Transport, messages: Message[], facts: Facts, listener: Listener, signal: AbortSignal): Promise<string> {
  let text = '';
  for (let round = 1; round <= maxRounds; round++) {
    const answer = await transport.ask({ messages: recent(messages), signal, onText: (more) => listener.onText(join(text, more)) });
    text = join(text, answer.text);
    const calls = answer.calls.filter(Boolean).slice(0, maxCallsPerRound);
    if (calls.length === 0 || round === maxRounds) {
      if (text.trim() === '') throw new ChatError('unavailable');
      messages.push({ role: 'assistant', content: answer.text });
      return text;
    }
    messages.push({ role: 'assistant', content: answer.text, tool_calls: calls });
    listener.onSearch();
    const results = await Promise.all(calls.map((call) => runTool(transport, call, facts, listener, signal)));
    for (const [index, call] of calls.entries()) messages.push({ role: 'tool', tool_call_id: call.id, content: results[index] ?? '' });
  }
  return text;
}

/** Messages short enough to be sent: the latest, never beginning between a tool call and its result. */
export function recent(messages: Message[], max = 30): Message[] {
  if (messages.length <= max) return messages;
  const from = messages.findIndex((message, index) => index >= messages.length - max && message.role === 'user');
  return messages.slice(from < 0 ? messages.findLastIndex(({ role }) => role === 'user') : from);
}

/** The names of products that an answer shows, for those who listen to it. */
export function spokenText(answer: string, facts: Facts, config: ChatConfig): string {
  return segmentsOf(answer, facts, config.currency, config.strings['seeProduct'] ?? '')
    .map((segment) => (segment.kind === 'text' ? segment.text.replaceAll('*', '') : segment.kind === 'product' ? `${segment.product.name}, ${segment.product.price}, ${segment.product.stock}.` : segment.kind === 'page' ? segment.page.title : ''))
    .join('\n');
}

async function runTool(transport: Transport, call: ToolCall, facts: Facts, listener: Listener, signal: AbortSignal): Promise<string> {
  const input = parse(call.function.arguments);
  if (call.function.name === 'offer_add_to_cart') {
    const id = Number(input['id']);
    if (!facts.products.has(id)) return '{"error":"unknown product id; search first"}';
    listener.onOffer({ kind: 'cart', id, quantity: Math.min(99, Math.max(1, Math.trunc(Number(input['quantity'] ?? 1)) || 1)) });
    return '{"shown":"a button; the visitor decides"}';
  }
  if (call.function.name === 'show_order_form') {
    listener.onOffer({ kind: 'order' });
    return '{"shown":"a form; its contents stay between the visitor and the shop"}';
  }
  try {
    const { content, products, pages } = await transport.post<ToolResult>('/chat/tool', { name: call.function.name, arguments: input }, signal);
    for (const product of products) facts.products.set(product.id, product);
    for (const page of pages) facts.pages.set(page.id, page);
    const text = JSON.stringify(content);
    facts.texts.push(text);
    return text;
  } catch (error) {
    if (signal.aborted) throw error;
    return '{"error":"this tool does not work just now"}';
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function join(before: string, more: string): string {
  return before === '' ? more : more === '' ? before : `${before}\n\n${more}`;
}
