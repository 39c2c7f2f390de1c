import { createHmac, createSecretKey } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import mysql, { type RowDataPacket } from 'mysql2';

/** The baseline of bench:validate: node:http, the key's HMAC, one prepared query, the row as JSON; no checks, no headers, no limits. */
const { BENCH_SQL = '', BENCH_DATABASE = '', BENCH_LOOKUP_KEY = '' } = process.env;
const lookupKey = createSecretKey(BENCH_LOOKUP_KEY, 'base64');
const query = BENCH_DATABASE.startsWith('mysql:') ? mariadbQuery(BENCH_DATABASE) : sqliteQuery(BENCH_DATABASE);

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { domain } = JSON.parse(Buffer.concat(chunks).toString()) as { domain: string };
    const digest = createHmac('sha256', lookupKey).update(String(req.headers['x-license-key']).replaceAll('-', '')).digest();
    query(domain, digest, res);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));

type Query = (site: string, digest: Buffer, res: ServerResponse) => void;

function answer(res: ServerResponse, row: unknown): void {
  const text = JSON.stringify({ valid: row !== undefined, row });
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  res.end(text);
}

function sqliteQuery(file: string): Query {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec('PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824');
  const statement = database.prepare(BENCH_SQL);
  return (site, digest, res) => answer(res, statement.get(site, digest));
}

function mariadbQuery(url: string): Query {
  const pool = mysql.createPool({ uri: url, connectionLimit: 10 });
  return (site, digest, res) => {
    pool.execute<RowDataPacket[]>(BENCH_SQL, [site, digest], (error, rows) => {
      if (error) res.writeHead(500).end(error.message);
      else answer(res, rows[0]);
    });
  };
}
