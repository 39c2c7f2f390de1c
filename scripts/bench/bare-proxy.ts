import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The baseline of bench:proxy: node:http and an undici pool, bytes in and bytes out; no licence, no quota, no ledger, no checks. */
const pool = new Pool(process.env['BENCH_UPSTREAM'] ?? '', { headersTimeout: 0, bodyTimeout: 0 });
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (bytes: Buffer) => chunks.push(bytes));
  req.on('end', () => {
    pool
      .request({ method: 'POST', path: req.url ?? '/', headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' }, body: Buffer.concat(chunks) })
      .then(({ statusCode, headers, body }) => {
        res.writeHead(statusCode, { 'Content-Type': headers['content-type'] ?? '' });
        body.pipe(res);
      })
      .catch((error: Error) => res.writeHead(502).end(error.message));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
