import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { databaseHandles, transact, type Db } from '../../server/db/database.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { createTestApp, createTestDatabase, onBothDatabases, useTestApp } from '../harness.ts';

describe('a database that fails [mariadb]', () => {
  it('makes requests end in 503 while it is gone, and nothing else when it is back', async () => {
    const database = await createTestDatabase('mariadb');
    const target = new URL(database.url ?? '');
    const wire = await breakableProxy(Number(target.port));
    target.port = String(wire.port);
    const app = await createTestApp('mariadb', { DATABASE_URL: target.href });
    try {
      const validate = () => app.call('post', '/api/validate', { key: developmentKey });
      assert.equal((await validate()).status, 200);
      wire.cut();
      const refused = await validate();
      assert.deepEqual([refused.status, refused.body.error.code, Number(refused.headers['retry-after']) > 0], [503, 'BUSY', true]);
      assert.equal((await app.call('get', '/api/health')).status, 200, 'the process says that it is alive');
      assert.equal((await app.call('get', '/api/health?detailed=true')).status, 503);
      await wire.restore();
      assert.equal((await validate()).status, 200);
    } finally {
      await app.close();
      wire.cut();
      await database.drop();
    }
  });

  it('makes requests end in 503 when somebody else keeps a row locked', { timeout: 60_000 }, async () => {
    const app = await createTestApp('mariadb');
    const handles = databaseHandles(app.deps.db);
    assert.ok(handles.engine === 'mariadb');
    const body = { email: 'locked@example.com', plan: 'pro', months: 1 };
    const { body: issued } = await app.call('post', '/api/create_license', { token: app.adminToken, body });
    const other = await handles.pool.promise().getConnection();
    try {
      await other.query('START TRANSACTION');
      await other.query('UPDATE customers SET updated_at = 1 WHERE id = ?', [issued.customer.id]);
      const refused = await app.call('put', `/api/customer/${issued.customer.id}`, { token: app.adminToken, body: { name: 'New' } });
      assert.deepEqual([refused.status, refused.body.error.code, Number(refused.headers['retry-after']) > 0], [503, 'BUSY', true]);
    } finally {
      await other.query('ROLLBACK');
      other.release();
      await app.close();
    }
  });

  it('makes requests end in 503 when every connection is taken, while health still answers', async () => {
    const app = await createTestApp('mariadb');
    try {
      const handles = databaseHandles(app.deps.db);
      assert.ok(handles.engine === 'mariadb');
      const sleepers = Array.from({ length: 10 }, () => handles.pool.promise().query('SELECT SLEEP(2)'));
      const refused = await app.call('post', '/api/validate', { key: developmentKey });
      assert.deepEqual([refused.status, refused.body.error.code], [503, 'BUSY']);
      assert.equal((await app.call('get', '/api/health')).status, 200);
      await Promise.all(sleepers);
      assert.equal((await app.call('post', '/api/validate', { key: developmentKey })).status, 200);
    } finally {
      await app.close();
    }
  });
});

onBothDatabases('transact', (engine) => {
  const app = useTestApp(engine);

  it('leaves nothing behind when its work fails', async () => {
    const { deps } = await app();
    const count = async () => (await deps.db.selectFrom('products').select('id').execute()).length;
    const before = await count();
    await assert.rejects(
      transact(deps.db, async (trx) => {
        await trx.insertInto('products').values({ id: 'x', code: 'half', name: 'Half', created_at: 1, updated_at: 1 }).execute();
        throw new Error('half-way');
      }),
      /half-way/,
    );
    assert.equal(await count(), before);
  });

  it('runs the whole work again after a deadlock, and the caller sees nothing of it', async () => {
    const { deps } = await app();
    const plans = await deps.db.selectFrom('plans').select(['id', 'position']).orderBy('position').execute();
    const [first, second] = [plans[0]?.id ?? '', plans[1]?.id ?? ''];
    // Two transactions take the same two rows in opposite order; without the retry MariaDB ends one of them with error 1213.
    const bump = (order: string[]) =>
      transact(deps.db, async (trx) => {
        for (const id of order) {
          await trx.updateTable('plans').set((eb) => ({ max_staging_sites: eb('max_staging_sites', '+', 1) })).where('id', '=', id).execute();
        }
      });
    await Promise.all(Array.from({ length: 20 }, (_, n) => bump(n % 2 === 0 ? [first, second] : [second, first])));
    const after = await deps.db.selectFrom('plans').select('max_staging_sites').where('id', 'in', [first, second]).execute();
    assert.deepEqual(after.map(({ max_staging_sites }) => max_staging_sites), [23, 23]);
  });
});

/** A TCP proxy whose connections can be cut and restored. */
async function breakableProxy(targetPort: number): Promise<{ port: number; cut: () => void; restore: () => Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const open = (port: number) =>
    new Promise<net.Server>((resolve) => {
      const server = net.createServer((client) => {
        const upstream = net.connect(targetPort, '127.0.0.1');
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on('error', () => socket.destroy());
          socket.on('close', () => sockets.delete(socket));
        }
        client.pipe(upstream).pipe(client);
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await open(0);
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
    async restore() {
      server = await open(port);
    },
  };
}

describe('transact [sqlite]', () => {
  const app = useTestApp('sqlite');

  it('syncs what it commits to the disk, and only where it is asked to save that leaves it out', async () => {
    const { deps } = await app();
    const synchronous = async (db: Db) => (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(db)).rows[0]?.synchronous;
    const [normal, full] = [1, 2];
    assert.equal(await transact(deps.db, synchronous), full);
    assert.equal(await transact(deps.db, synchronous, 'unsynced'), normal);
    await assert.rejects(transact(deps.db, () => Promise.reject(new Error('half-way'))), /half-way/);
    assert.equal(await synchronous(deps.db), normal, 'and the connection is left as it was');
  });
});
