import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { useTestApp } from '../harness.ts';

describe('the body of a request', () => {
  const app = useTestApp('sqlite');
  const servers: ReturnType<typeof createServer>[] = [];
  after(() => servers.forEach((server) => server.close()));

  /** Sends the pieces one by one, chunked, without saying how long the whole will be. */
  async function send(pieces: (string | Buffer)[], headers: Record<string, string> = {}): Promise<{ status: number | undefined; body: Record<string, unknown> & { error?: { code: string } }; connection: string | undefined }> {
    const server = createServer((await app()).api).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const sending = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path: '/api/validate', method: 'POST', headers: { 'X-License-Key': developmentKey, 'Content-Type': 'application/json', ...headers } });
    // After a refusal the server hangs up on what is still being sent.
    sending.on('error', () => undefined);
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
    for (const piece of pieces) {
      sending.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    sending.end();
    const [response] = await answered;
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, body: JSON.parse(text) as never, connection: response.headers.connection };
  }

  it('may come in any number of pieces, cut anywhere', async () => {
    const bytes = Buffer.from(JSON.stringify({ domain: 'läden.example.org' }));
    for (const size of [1, 3, 7, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
      const { status, body } = await send(pieces);
      assert.deepEqual([status, body['valid']], [200, true], `${size} bytes at a time`);
    }
  });

  it('is refused as soon as it grows beyond the limit, even when it never said its length', async () => {
    const { status, body, connection } = await send(Array.from({ length: 40 }, () => Buffer.alloc(16_384, 'x')));
    assert.deepEqual([status, body.error?.code, connection], [413, 'BODY_TOO_LARGE', 'close']);
  });

  it('is not unpacked: a small compressed one may be gigabytes', async () => {
    const { status, body } = await send([gzipSync(Buffer.alloc(10_000_000))], { 'Content-Encoding': 'gzip' });
    assert.deepEqual([status, body.error?.code], [415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});
