import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Protocol = 'openai' | 'anthropic';
/** The events of a stream, as the protocol writes them. */
type Wire = { start: string; text: (text: string) => string; allButEnd: string; end: string; error: string; comment: string };

const id = 'chaos-1';
const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const event = (type: string, fields: object = {}) => `event: ${type}\n${data({ type, ...fields })}`;
const chunk = (delta: object, finish: string | null = null) => data({ id, object: 'chat.completion.chunk', created: 1, model: 'chaos', choices: [{ index: 0, delta, finish_reason: finish }] });

const wires: Record<Protocol, Wire> = {
  openai: {
    start: chunk({ role: 'assistant', content: '' }),
    text: (content) => chunk({ content }),
    allButEnd: chunk({}, 'stop') + data({ id, object: 'chat.completion.chunk', created: 1, model: 'chaos', choices: [], usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 } }),
    end: 'data: [DONE]\n\n',
    error: data({ error: { message: 'The server had an error', type: 'server_error' } }),
    comment: ': keep-alive\n\n',
  },
  anthropic: {
    start: event('message_start', { message: { id, type: 'message', role: 'assistant', model: 'chaos', content: [], stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } } }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    text: (text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    allButEnd: event('content_block_stop', { index: 0 }) + event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } }),
    end: event('message_stop'),
    error: event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
    comment: event('ping'),
  },
};

/** A connection on which anything may be written, in chunks of HTTP or against its rules. */
type Line = { raw: (text: string) => void; chunk: (text: string) => void; head: (fields?: string) => void; end: () => void; reset: () => void; close: () => void; isOpen: () => boolean; drained: () => Promise<void> };
type Fault = (line: Line, wire: Wire) => void | Promise<void>;

const begin = (line: Line, wire: Wire) => {
  line.head();
  line.chunk(wire.start + wire.text('Rubber boots'));
};
const beat = async (line: Line, text: string) => {
  for (; line.isOpen(); await sleep(40)) line.chunk(text);
};

/** Every way in which a stream is answered here. Those in `wholeStreams` are well. */
export const faults: Record<string, Fault> = {
  whole: (line, wire) => {
    begin(line, wire);
    line.chunk(wire.text(', and') + wire.allButEnd + wire.end);
    line.end();
  },
  'in tiny pieces': async (line, wire) => {
    line.head();
    for (const piece of (wire.start + wire.text('è 🥾') + wire.allButEnd + wire.end).match(/.{1,3}/gsu) ?? []) {
      line.chunk(piece);
      await new Promise(setImmediate);
    }
    line.end();
  },
  'no answer': () => undefined,
  'headers only': (line) => line.head(),
  'nothing but comments': async (line, wire) => {
    line.head();
    await beat(line, wire.comment);
  },
  'closed before the headers': (line) => line.close(),
  'reset before the headers': (line) => line.reset(),
  'half a header': (line) => {
    line.raw('HTTP/1.1 200 OK\r\nContent-Ty');
    setTimeout(line.close, 20);
  },
  'no HTTP': (line) => {
    line.raw('SSH-2.0-OpenSSH_9.9\r\n');
    setTimeout(line.close, 20);
  },
  'status 500': (line) => {
    line.raw('HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
    line.chunk('{"error":{"message":"oops"}}');
    line.end();
  },
  'a page': (line) => {
    line.raw('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n');
    line.chunk('<p>Hello</p>');
    line.end();
  },
  'another encoding': (line) => {
    line.head('Content-Encoding: gzip\r\n');
    line.chunk('not gzip');
    line.end();
  },
  'ends at once': (line) => {
    line.head();
    line.end();
  },
  'ends in mid-stream': (line, wire) => {
    begin(line, wire);
    line.end();
  },
  'ends in the middle of an event': (line, wire) => {
    begin(line, wire);
    line.chunk(wire.text(' and umbrellas').slice(0, 25));
    line.end();
  },
  'ends with everything but its marker': (line, wire) => {
    begin(line, wire);
    line.chunk(wire.allButEnd);
    line.end();
  },
  'closed in mid-stream': (line, wire) => {
    begin(line, wire);
    setTimeout(line.close, 20);
  },
  'reset in mid-stream': (line, wire) => {
    begin(line, wire);
    setTimeout(line.reset, 20);
  },
  'a chunk that breaks the rules': (line, wire) => {
    begin(line, wire);
    line.raw('zz\r\nnonsense\r\n');
  },
  'an event that is not JSON': (line, wire) => {
    begin(line, wire);
    line.chunk(`data: {"choices":[\n\n${wire.end}`);
    line.end();
  },
  'an error event': (line, wire) => {
    begin(line, wire);
    line.chunk(wire.error);
    line.end();
  },
  'an error event first': (line, wire) => {
    line.head();
    line.chunk(wire.error);
    line.end();
  },
  'silent in mid-stream': begin,
  'only comments in mid-stream': async (line, wire) => {
    begin(line, wire);
    await beat(line, wire.comment);
  },
  'without end': async (line, wire) => {
    begin(line, wire);
    await beat(line, wire.text(' and'));
  },
  'an event without end': async (line, wire) => {
    begin(line, wire);
    line.chunk('data: "');
    for (let count = 0; count < 80 && line.isOpen(); count += 1) {
      line.chunk('x'.repeat(64 * 1024));
      await line.drained();
    }
  },
  'more than anybody reads': async (line, wire) => {
    begin(line, wire);
    while (line.isOpen()) {
      line.chunk(wire.text('x'.repeat(32 * 1024)));
      await line.drained();
      await sleep(10);
    }
  },
};

/** The name of the model that stands for a fault. */
export function modelOf(fault: string): string {
  return fault.replaceAll(' ', '-');
}

const faultOf = new Map(Object.entries(faults).map(([name, fault]) => [modelOf(name), fault]));

export const wholeStreams = new Set(['whole', 'in tiny pieces']);

export type BrokenUpstream = {
  url: string;
  /** By the number in its question: when (epoch ms) the answer or its connection ended; undefined while it is open. */
  closedAt: Map<number, number | undefined>;
  openSockets: () => number;
  close: () => Promise<void>;
};

/** Stands in for AI providers: the model that is asked for is the fault, `#7#` in the question its number. */
export async function startBrokenUpstream(): Promise<BrokenUpstream> {
  const closedAt = new Map<number, number | undefined>();
  const sockets = new Set<Socket>();
  const asked = new WeakMap<Socket, number>();
  const server = createServer(async (req) => {
    const text = await bodyOf(req).catch(() => undefined);
    if (text === undefined) return;
    const { model } = JSON.parse(text) as { model: string };
    const number = Number(/#(\d+)#/.exec(text)?.[1]);
    closedAt.set(number, undefined);
    asked.set(req.socket, number);
    const fault = faultOf.get(model);
    if (!fault) throw new Error(`no fault is called ${model}`);
    await fault(lineOf(req.socket, () => closedAt.set(number, Date.now())), wires[req.url?.endsWith('/messages') ? 'anthropic' : 'openai']);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      const number = asked.get(socket);
      if (number !== undefined) closedAt.set(number, closedAt.get(number) ?? Date.now());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closedAt,
    openSockets: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const piece of req) chunks.push(piece as Buffer);
  return Buffer.concat(chunks).toString();
}

function lineOf(socket: Socket, onEnd: () => void): Line {
  const isOpen = () => !socket.destroyed && socket.writable;
  const raw = (text: string) => {
    if (isOpen()) socket.write(text);
  };
  return {
    isOpen,
    raw,
    head: (fields = '') => raw(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n${fields}\r\n`),
    chunk: (text) => raw(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`),
    end: () => {
      raw('0\r\n\r\n');
      onEnd();
    },
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
    drained: () =>
      new Promise((resolve) => {
        if (!isOpen() || !socket.writableNeedDrain) return void setImmediate(resolve);
        const done = () => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.once('drain', done);
        socket.once('close', done);
      }),
  };
}
