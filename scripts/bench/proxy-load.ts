import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';
import { benchKey } from './seed-licenses.ts';

/**
 * A load on one proxy from a process of its own. `measure`: as many requests as `connections` get through in `seconds`; prints the figures as JSON.
 * `hold`: opens that many streams, prints a line when each has had its first event, and keeps them open until it is ended.
 */
const [mode = '', url = '', kind = '', connections = '', seconds = '', licenses = ''] = process.argv.slice(2);
const isStream = kind === 'stream';
const addresses = 20_000;
const body = JSON.stringify({ model: mode === 'hold' ? 'openai/hold' : 'gpt-5.4-mini', stream: isStream, messages: [{ role: 'system', content: 'You sell shoes.' }, { role: 'user', content: 'Which shoes go with rain, and why? '.repeat(10) }] });

let turn = 0;
function headers(): Record<string, string> {
  turn += 1;
  const address = `10.${(turn >> 16) & 255}.${(turn >> 8) & 255}.${turn & 255}`;
  return { 'content-type': 'application/json', authorization: `Bearer ${benchKey(turn % Number(licenses))}`, 'x-forwarded-for': turn > addresses ? `10.9.${(turn >> 8) & 255}.${turn & 255}` : address, 'x-portkey-provider': 'openai', 'x-portkey-custom-host': process.env['BENCH_UPSTREAM'] ?? '' };
}

const firstByteUs = createHistogram();
const totalUs = createHistogram();
let failed = 0;

/** One request on a connection of its own; the first byte of the body is what a reader of a stream waits for. */
function ask(client: Client, onFirst?: () => void): Promise<void> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let status = 0;
    let isFirst = true;
    let tail = '';
    const fail = () => {
      failed += 1;
      resolve();
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, statusCode) => void (status = statusCode),
      onResponseData(_controller, bytes) {
        if (isFirst) firstByteUs.record(microseconds(startedAt));
        if (isFirst) onFirst?.();
        isFirst = false;
        tail = (tail + bytes.subarray(-32).toString('latin1')).slice(-32);
      },
      onResponseEnd() {
        if (status !== 200 || (isStream && !tail.includes('[DONE]'))) return fail();
        totalUs.record(microseconds(startedAt));
        return resolve();
      },
      onResponseError: fail,
    };
    client.dispatch({ method: 'POST', path: '/v1/chat/completions', headers: headers(), body }, handler);
  });
}

function microseconds(startedAt: number): number {
  return Math.max(1, Math.round((performance.now() - startedAt) * 1000));
}

const clients = Array.from({ length: Number(connections) }, () => new Client(url, { headersTimeout: 0, bodyTimeout: 0 }));
if (mode === 'hold') {
  let open = 0;
  for (const client of clients) {
    void ask(client, () => {
      open += 1;
      if (open === clients.length) process.stdout.write(`${JSON.stringify({ open })}\n`);
    });
    // A burst of thousands of connections would overflow the listen queue.
    await sleep(1);
  }
} else {
  const startedAt = performance.now();
  const until = startedAt + Number(seconds) * 1000;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) await ask(client);
    }),
  );
  const elapsed = (performance.now() - startedAt) / 1000;
  const percentiles = (histogram: typeof totalUs) => ({ p50Ms: histogram.percentile(50) / 1000, p99Ms: histogram.percentile(99) / 1000 });
  process.stdout.write(`${JSON.stringify({ requests: totalUs.count, perSecond: totalUs.count / elapsed, total: percentiles(totalUs), firstByte: percentiles(firstByteUs), failed })}\n`);
  for (const client of clients) void client.destroy();
}
