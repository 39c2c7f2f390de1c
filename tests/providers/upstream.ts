import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the upstream received, and what became of its answer. */
export type Received = {
  path: string;
  headers: IncomingMessage['headers'];
  /** Empty for what is not JSON. */
  body: Record<string, unknown>;
  /** The body as it came. */
  text: string;
  bytes: Buffer;
  /** Resolves when the answer is over: `cut` when the caller closed the connection before its end. */
  over: Promise<'finished' | 'cut'>;
};

/** How the upstream answers a request; written with the helpers of openai-wire.ts and anthropic-wire.ts. */
export type Script = (res: ServerResponse, request: Received) => void | Promise<void>;

export type Upstream = {
  url: string;
  received: Received[];
  /** Answers every request from now on with this script. */
  answer: (script: Script) => void;
  /** Resolves with the request of this number (counted from 0) when it has come. */
  request: (index: number) => Promise<Received>;
  close: () => Promise<void>;
};

/** A real HTTP server that stands in for an AI provider. */
export async function startUpstream(): Promise<Upstream> {
  const received: Received[] = [];
  let waiting: (() => void)[] = [];
  let script: Script = (res) => json(res, 500, {});
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const over = new Promise<'finished' | 'cut'>((resolve) => res.once('close', () => resolve(res.writableFinished ? 'finished' : 'cut')));
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString();
    const isForm = req.headers['content-type']?.startsWith('multipart/') ?? false;
    const request: Received = { path: req.url ?? '', headers: req.headers, body: JSON.parse(isForm ? '{}' : text || '{}') as Record<string, unknown>, text, bytes, over };
    received.push(request);
    for (const wake of waiting.splice(0)) wake();
    await script(res, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer(next) {
      script = next;
    },
    async request(index) {
      while (received.length <= index) await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
      return received[index] as Received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A whole JSON answer. */
export function json(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

/** Begins a stream of server-sent events. */
export function openEvents(res: ServerResponse, headers: Record<string, string> = {}): void {
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', ...headers });
  res.flushHeaders();
}

/** Never answers; the connection stays open until the caller closes it. */
export const hang: Script = () => undefined;
