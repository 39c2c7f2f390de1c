import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeDatabase, databaseHandles, openDatabase } from '../../server/db/database.ts';
import { startWriteBack } from '../../server/db/write-back.ts';
import { createLog } from '../../server/log.ts';

describe('the log of the embedded database', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'chatello-write-back-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const open = (name: string) => {
    const db = openDatabase(`sqlite:${name}`, directory);
    const handles = databaseHandles(db);
    assert.ok(handles.engine === 'sqlite');
    return { db, writer: handles.sqlite.writer, bytes: () => statSync(path.join(directory, name)).size };
  };
  const pages = 'CREATE TABLE pages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, randomblob(4000) AS filler FROM n';
  const most = 200 * 4_000;

  it('is written back while the server runs, also while it writes, and loses nothing', async () => {
    const { db, writer, bytes } = open('busy.sqlite');
    const writeBack = startWriteBack(db, createLog('silent'));
    writer.exec(pages);
    assert.ok(bytes() < most, 'the writer has written back by itself');
    while (bytes() < most) {
      writer.exec('UPDATE pages SET i = i + 1000 WHERE i % 7 = 0');
      await sleep(10);
    }
    await writeBack.stop();
    await closeDatabase(db);
    const again = open('busy.sqlite');
    assert.deepEqual({ ...again.writer.prepare('SELECT count(*) AS count, sum(length(filler)) AS bytes FROM pages').get() }, { count: 200, bytes: 200 * 4_000 });
    await closeDatabase(again.db);
  });

  it('is not written back any more once that is stopped, before the database is closed', async () => {
    const { db, writer, bytes } = open('stopped.sqlite');
    const writeBack = startWriteBack(db, createLog('silent'));
    await writeBack.stop();
    writer.exec(pages);
    assert.ok(bytes() < most);
    await closeDatabase(db);
    assert.ok(bytes() >= most);
  });

  it('is left to the writer, with a line in the log, when the thread fails', async () => {
    const { db, writer } = open('gone.sqlite');
    const lines: string[] = [];
    const log = createLog('warn', { write: (line) => void lines.push(line) });
    rmSync(path.join(directory, 'gone.sqlite'));
    writeFileSync(path.join(directory, 'gone.sqlite'), 'no database any more '.repeat(1_000));
    const writeBack = startWriteBack(db, log);
    while (lines.length === 0) await sleep(10);
    assert.match(lines.join(''), /the thread that writes back/);
    await writeBack.stop();
    writer.exec('CREATE TABLE goes_on (id)');
    await closeDatabase(db);
  });
});
