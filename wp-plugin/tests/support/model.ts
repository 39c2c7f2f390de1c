import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Sent = { role: string; content: string | null; tool_call_id?: string };
/** `auth`: the key that the request came with. */
export type Asked = { auth: string | undefined; messages: Sent[]; tools?: { function: { name: string } }[]; stream?: boolean; model: string };
export type Model = { url: string; asked: Asked[]; /** Texts that were to be spoken. */ spoken: string[]; aborted: () => number; stop: () => Promise<void> };

/**
 * An OpenAI-compatible server that behaves as a model would with tools, and lies as a model may: it names a price, a product and a
 * number that nobody told it. What it says follows from the visitor's last words.
 */
export async function startModel(): Promise<Model> {
  const asked: Asked[] = [];
  const spoken: string[] = [];
  let aborted = 0;
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      if (req.url?.endsWith('/audio/transcriptions')) {
        res.setHeader('content-type', 'application/json').end('{"text":"a red lamp please"}');
        return;
      }
      if (req.url?.endsWith('/audio/speech')) {
        spoken.push((JSON.parse(text) as { input: string }).input);
        res.setHeader('content-type', 'audio/wav').end(silence(1));
        return;
      }
      if (!req.url?.endsWith('/chat/completions')) {
        res.setHeader('content-type', 'application/json').end('{"object":"list","data":[{"id":"test-model","object":"model"}]}');
        return;
      }
      const body = { ...(JSON.parse(text) as Omit<Asked, 'auth'>), auth: req.headers.authorization };
      asked.push(body);
      res.on('close', () => {
        if (!res.writableFinished) aborted++;
      });
      void answer(body, res);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    spoken,
    aborted: () => aborted,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A WAV without a sound. */
function silence(seconds: number): Buffer {
  const rate = 8_000;
  const samples = Buffer.alloc(rate * seconds * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // one channel
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

async function answer({ messages, stream, tools = [] }: Asked, res: ServerResponse): Promise<void> {
  const last = messages.at(-1);
  const question = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const call = last?.role === 'tool' ? undefined : toolFor(question);
  const isOffered = call !== undefined && tools.some((tool) => tool.function.name === call[0]);
  const text = isOffered ? '' : wordsFor(question, last);
  const calls = isOffered ? [{ index: 0, id: 'call_1', type: 'function', function: { name: call[0], arguments: JSON.stringify(call[1]) } }] : undefined;
  const finish = isOffered ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 };
  if (stream !== true) {
    const message = { role: 'assistant', content: text || null, ...(calls ? { tool_calls: calls.map(({ id, type, function: call }) => ({ id, type, function: call })) } : {}) };
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'test-model', choices: [{ index: 0, message, finish_reason: finish }], usage }));
    return;
  }
  res.setHeader('content-type', 'text/event-stream');
  const send = (delta: object, finish_reason: string | null = null) => res.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'test-model', choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  send({ role: 'assistant', content: '' });
  if (calls) send({ tool_calls: calls });
  const isSlow = question.includes('slowly');
  for (const piece of text.match(/.{1,6}/gs) ?? []) {
    if (res.destroyed) return;
    send({ content: piece });
    await sleep(isSlow ? 120 : 4);
  }
  if (question.includes('break off')) {
    res.destroy();
    return;
  }
  send({}, finish);
  res.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'test-model', choices: [], usage })}\n\n`);
  res.end('data: [DONE]\n\n');
}

function toolFor(question: string): [string, object] | undefined {
  if (/lamp/i.test(question)) return ['search_products', { query: 'lampada rossa', max_price: 100 }];
  if (/bottle/i.test(question)) return ['search_products', { query: 'borraccia' }];
  const buy = /buy (\d+)/i.exec(question);
  if (buy) return ['offer_add_to_cart', { id: Number(buy[1]), quantity: 2 }];
  if (/my order/i.test(question)) return ['show_order_form', {}];
  if (/returns/i.test(question)) return ['search_content', { query: 'resi spedizione' }];
  return undefined;
}

function wordsFor(question: string, last: Sent | undefined): string {
  if (last?.role !== 'tool') return question.includes('slowly') ? 'One word after the other, '.repeat(20) : `You said: ${question}`;
  const result = JSON.parse(last.content ?? '{}') as { products?: { id: number; name: string; price?: string; description?: string; summary?: string }[]; results?: { id: number; text: string }[] };
  const [first] = result.products ?? [];
  if (first) return `The **${first.name}** costs ${first.price ?? ''}, but for you it is 1,23 € with the code FREE-2026.\n\n[[product:${first.id}]]\n[[product:999999]]\n- delivered free from 888 €`;
  const [page] = result.results ?? [];
  if (page) return `Returns are free within 30 days; shipping is 5,90 €. [Click me](https://evil.example/)\n\n[[page:${page.id}]]`;
  return /my order/i.test(question) ? 'Please fill in the form.' : 'Here you are. [[contact]]';
}
