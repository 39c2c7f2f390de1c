import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../harness.ts';
import { startServer } from '../../scripts/support/server-process.ts';

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatello-process-'));
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function validate(apiUrl: string): Promise<{ valid: boolean }> {
  const response = await fetch(`${apiUrl}/api/validate`, { method: 'POST', headers: { 'X-License-Key': 'CHA-TEST-1234-5678-ABCD' } });
  return (await response.json()) as { valid: boolean };
}

describe('the server as a process', () => {
  it('starts with nothing configured, keeps its secrets to itself, and finds everything again after a restart', async () => {
    const dataDir = path.join(newFolder(), 'data');
    const first = await startServer(dataDir);
    assert.equal((await validate(first.apiUrl)).valid, true);
    assert.equal(await first.stop(), 0);
    const secretsFile = path.join(dataDir, 'secrets.json');
    for (const [file, mode] of [[dataDir, 0o700], [secretsFile, 0o600], [path.join(dataDir, 'chatello.sqlite'), 0o600]] as const) assert.equal(statSync(file).mode & 0o777, mode, file);
    const secrets = readFileSync(secretsFile, 'utf8');
    const { ENCRYPTION_KEYS, ADMIN_API_TOKEN } = JSON.parse(secrets) as Record<string, string>;
    const second = await startServer(dataDir);
    assert.equal((await validate(second.apiUrl)).valid, true);
    assert.equal(await second.stop(), 0);
    assert.equal(readFileSync(secretsFile, 'utf8'), secrets);
    for (const secret of [ENCRYPTION_KEYS?.slice(3), ADMIN_API_TOKEN]) assert.ok(secret && !first.output().includes(secret) && !second.output().includes(secret));
  });

  it('serves the same ports with several processes, replaces one that dies, and ends with all of them', async (t) => {
    const server = await startServer(newFolder(), { PROCESSES: '2' });
    t.after(() => server.stop('SIGKILL'));
    const workers = () => readFileSync(`/proc/${server.child.pid}/task/${server.child.pid}/children`, 'utf8').trim().split(' ').filter((pid) => pid !== '');
    const become = async (isThere: () => boolean) => {
      while (!isThere()) await sleep(20);
    };
    await become(() => workers().length === 2 && server.output().includes('one-time password'));
    const [victim = ''] = workers();
    process.kill(Number(victim), 'SIGKILL');
    await become(() => workers().length === 2 && !workers().includes(victim));
    const answers = async () => (await validate(server.apiUrl).catch(() => ({ valid: false }))).valid;
    while (!(await answers())) await sleep(20);
    const left = workers();
    assert.equal(await server.stop(), 0);
    assert.equal(server.output().split('one-time password').length, 2, 'one administrator, shown once');
    for (const pid of left) assert.throws(() => process.kill(Number(pid), 0), /ESRCH/);
  });

  it('says every mistake in its configuration and ends', async () => {
    await assert.rejects(startServer(newFolder(), { TRUST_PROXY: 'true', SMTP_URL: 'nonsense' }), /2 mistakes[^]*TRUST_PROXY[^]*SMTP_URL|2 mistakes[^]*SMTP_URL[^]*TRUST_PROXY/);
  });

  it('says in a sentence what keeps it from starting', async () => {
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await assert.rejects(startServer(newFolder(), { PORT: String(port) }), new RegExp(`could not start\\. Port ${port} is taken by another program`));
    other.close();
    await assert.rejects(startServer(newFolder(), { DATABASE_URL: `mysql://a:b@127.0.0.1:${port}/none` }), /could not start\. The database does not answer \(ECONNREFUSED\)\. Is it running, and is DATABASE_URL right\?/);
  });

  it('shows the first password at the first start that succeeds, not at one that found its port taken', async () => {
    const dataDir = newFolder();
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await assert.rejects(startServer(dataDir, { ADMIN_PORT: String(port) }), /is taken by another program/);
    other.close();
    const server = await startServer(dataDir);
    while (!server.output().includes('is running')) await sleep(25);
    assert.match(server.output(), /Password\s+\w{4}(-\w{4}){4}/);
    await server.stop();
  });

  it('names the file of secrets that is damaged, and shows nothing of it', async () => {
    const dataDir = newFolder();
    writeFileSync(path.join(dataDir, 'secrets.json'), '{"ENCRYPTION_KEYS":"k1:c2VjcmV0",x"ADMIN_API_TOKEN":"verysecret');
    await assert.rejects(startServer(dataDir), (error: Error) => /secrets\.json.*(copy|backup)/s.test(error.message) && !/c2VjcmV0|verysecret|TOKEN"/.test(error.message));
    writeFileSync(path.join(dataDir, 'secrets.json'), '{"ENCRYPTION_KEYS":"k1:c2VjcmV0","ADMIN_API_TOKEN":"verysecret"}');
    await assert.rejects(startServer(dataDir), (error: Error) => /secrets\.json/.test(error.message) && !/c2VjcmV0|verysecret/.test(error.message));
  });

  it('has no development licence in production', async () => {
    const server = await startServer(newFolder(), { NODE_ENV: 'production' });
    assert.equal((await validate(server.apiUrl)).valid, false);
    await server.stop();
  });

  it('finishes the request that it is answering when it is told to stop', async () => {
    const server = await startServer(newFolder());
    const answer = new Promise<number | undefined>((resolve, reject) => {
      const slow = request(`${server.apiUrl}/api/validate`, { method: 'POST', headers: { 'X-License-Key': 'CHA-TEST-1234-5678-ABCD', 'Content-Type': 'application/json', 'Content-Length': 2 } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      slow.on('error', reject);
      slow.write('{');
      setTimeout(() => server.child.kill('SIGTERM'), 200);
      setTimeout(() => slow.end('}'), 600);
    });
    assert.equal(await answer, 200);
    assert.equal(await server.stop(), 0);
  });

  it('starts twice at once on one database, which is set up once', async () => {
    for (const engine of ['sqlite', 'mariadb'] as const) {
      const database = await createTestDatabase(engine);
      const variables = database.url === undefined ? {} : { DATABASE_URL: database.url };
      const servers = await Promise.all([1, 2, 3].map(() => startServer(database.dataDir, variables)));
      for (const { apiUrl } of servers) assert.equal((await validate(apiUrl)).valid, true, engine);
      await Promise.all(servers.map((server) => server.stop()));
      await database.drop();
    }
  });
});
