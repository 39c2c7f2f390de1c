import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { benchKey, benchSite } from './seed-licenses.ts';

/** One burst of validations from a process of its own; prints its figures as JSON. Requests come from many addresses, because one address is limited. */
const [url = '', licenses = '', seconds = '', connections = ''] = process.argv.slice(2);
const distinct = Math.min(Number(licenses), 10_000);
const addresses = 4_000;

const requests = Array.from({ length: distinct }, (_, n) => {
  const index = Math.floor((n * Number(licenses)) / distinct);
  return {
    method: 'POST' as const,
    path: '/api/validate',
    headers: { 'content-type': 'application/json', 'x-license-key': benchKey(index), 'x-forwarded-for': `10.${n % 4}.${Math.floor(n / 4) % (addresses / 40)}.${n % 40}` },
    body: JSON.stringify({ domain: benchSite(index) }),
  };
});

// autocannon's own latencies are whole milliseconds.
const latencyUs = createHistogram();
const running = autocannon({ url, connections: Number(connections), duration: Number(seconds), requests }, (error: Error | null, result) => {
  if (error) throw error;
  const failed = result.non2xx + result.errors + result.timeouts;
  process.stdout.write(JSON.stringify({ perSecond: result.requests.average, p50Ms: latencyUs.percentile(50) / 1000, p99Ms: latencyUs.percentile(99) / 1000, failed }));
});
running.on('response', (_client, _status, _bytes, responseTimeMs) => latencyUs.record(Math.max(1, Math.round(responseTimeMs * 1000))));
