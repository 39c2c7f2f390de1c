import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkAudit, newestCheck, requestCheck } from '../../server/audit/check-audit.ts';
import { recordAudit } from '../../server/audit/record-audit.ts';
import { redactAudit, redactedDigest } from '../../server/audit/redact-audit.ts';
import { sealAudit } from '../../server/audit/seal-audit.ts';
import { verifyAudit } from '../../server/audit/verify-audit.ts';
import { closeDatabase, openDatabase, transact } from '../../server/db/database.ts';
import { chatello } from '../command-line.ts';
import { work } from '../deliveries.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

const by = { actor: 'user:anna@example.com', requestId: 'r' };

onBothDatabases('the chain over the audit log', (engine) => {
  const getApp = useTestApp(engine);
  const write = async (count: number, from = 0) => {
    const { deps: { db }, clock } = await getApp();
    await transact(db, async (trx) => {
      for (let index = 0; index < count; index += 1) await recordAudit(trx, by, { action: 'license.suspended', entity: 'license', entityId: `l${from + index}`, before: { status: 'active' }, after: { status: 'suspended', text: 'ü\u2028"' }, reason: 'asked' }, clock.now + index);
    });
  };
  const problems = async () => {
    const { deps: { db } } = await getApp();
    return (await verifyAudit(db)).problems.map(({ kind, seq }) => [kind, seq]);
  };

  it('takes every line once, without gaps, however many seal and write at the same time', async () => {
    const { deps } = await getApp();
    const second = openDatabase(deps.config.DATABASE_URL, deps.config.dataDir);
    const others = [deps, { ...deps, db: second }];
    await Promise.all([...Array.from({ length: 10 }, (_, index) => write(45, index * 100)), ...Array.from({ length: 8 }, (_, index) => sealAudit(others[index % 2] ?? deps))]);
    await sealAudit(deps);
    await closeDatabase(second);
    const seals = await deps.db.selectFrom('audit_seals').select(['seq', 'audit_id']).orderBy('seq').execute();
    const lines = await deps.db.selectFrom('audit_log').select('id').execute();
    assert.deepEqual(seals.map(({ seq }) => seq), seals.map((_, index) => index + 1));
    assert.deepEqual(seals.map(({ audit_id }) => audit_id).toSorted(), lines.map(({ id }) => id).toSorted());
    const { lines: walked, waiting, problemCount } = await verifyAudit(deps.db);
    assert.deepEqual([walked, waiting, problemCount], [lines.length, 0, 0]);
  });

  it('names the line that was changed, and that line alone', async () => {
    const { deps: { db } } = await getApp();
    for (const [column, forged] of [['actor', 'user:eve@example.com'], ['reason', null], ['after_json', '{}'], ['at', 1], ['entity_id', 'other']] as const) {
      const { audit_id: id } = await db.selectFrom('audit_seals').select('audit_id').where('seq', '=', 7).executeTakeFirstOrThrow();
      const before = await db.selectFrom('audit_log').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      await db.updateTable('audit_log').set({ [column]: forged }).where('id', '=', id).execute();
      assert.deepEqual(await problems(), [['changed', 7]], column);
      await db.updateTable('audit_log').set(before).where('id', '=', id).execute();
    }
    assert.deepEqual(await problems(), []);
  });

  it('names what was taken out, put in or reordered', async () => {
    const { deps: { db } } = await getApp();
    const sealAt = (seq: number) => db.selectFrom('audit_seals').selectAll().where('seq', '=', seq).executeTakeFirstOrThrow();
    const seal = await sealAt(9);
    const line = await db.selectFrom('audit_log').selectAll().where('id', '=', seal.audit_id).executeTakeFirstOrThrow();
    await db.deleteFrom('audit_log').where('id', '=', line.id).execute();
    assert.deepEqual(await problems(), [['removed', 9]]);
    await db.deleteFrom('audit_seals').where('seq', '=', 9).execute();
    assert.deepEqual(await problems(), [['seals_missing', 9]]);
    await db.insertInto('audit_log').values(line).execute();
    assert.deepEqual(await problems(), [['seals_missing', 9], ['unsealed', null]], 'a line that says it is sealed and is not');
    await db.insertInto('audit_seals').values(seal).execute();
    const [first, second] = [await sealAt(11), await sealAt(12)];
    await db.deleteFrom('audit_seals').where('seq', 'in', [11, 12]).execute();
    await db.insertInto('audit_seals').values([{ ...second, seq: 11 }, { ...first, seq: 12 }]).execute();
    assert.deepEqual((await problems()).map(([, seq]) => seq), [11, 11, 12, 12, 13]);
    await db.deleteFrom('audit_seals').where('seq', 'in', [11, 12]).execute();
    await db.insertInto('audit_seals').values([first, second]).execute();
    assert.deepEqual(await problems(), []);
  });

  it('counts a line that an erasure has emptied, and takes no redaction for another content', async () => {
    const { deps: { db }, clock } = await getApp();
    const { audit_id: id } = await db.selectFrom('audit_seals').select('audit_id').where('seq', '=', 15).executeTakeFirstOrThrow();
    const before = await db.selectFrom('audit_log').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await redactAudit(db, { entity: before.entity, entityId: before.entity_id }, clock.now);
    const { problemCount, emptied } = await verifyAudit(db);
    assert.deepEqual([problemCount, emptied], [0, 1]);
    const forged = { ...before, reason: 'another one' };
    await db.updateTable('audit_log').set(forged).where('id', '=', id).execute();
    await db.updateTable('audit_redactions').set({ digest: redactedDigest(forged) }).where('audit_id', '=', id).execute();
    assert.deepEqual(await problems(), [['changed', 15]]);
    await db.deleteFrom('audit_redactions').execute();
    await db.updateTable('audit_log').set(before).where('id', '=', id).execute();
  });

  it('is walked over in the background, and what was found stays', async () => {
    const app = await getApp();
    const { deps, clock } = app;
    const id = await requestCheck(deps.db, by, clock.now);
    assert.equal(await requestCheck(deps.db, by, clock.now), id, 'one at a time');
    assert.equal((await newestCheck(deps.db))?.status, 'running');
    await work(app);
    assert.equal((await newestCheck(deps.db))?.status, 'intact');
    const { audit_id: changed, actor } = await deps.db.selectFrom('audit_seals').innerJoin('audit_log', 'audit_log.id', 'audit_seals.audit_id').select(['audit_id', 'actor']).where('seq', '=', 3).executeTakeFirstOrThrow();
    await deps.db.updateTable('audit_log').set({ actor: 'nobody' }).where('id', '=', changed).execute();
    clock.now += 1;
    await requestCheck(deps.db, by, clock.now);
    await work(app);
    const found = await newestCheck(deps.db);
    assert.deepEqual([found?.status, found?.progress.problems, found?.finishedAt], ['broken', [{ kind: 'changed', seq: 3, id: changed }], clock.now]);
    await checkAudit(deps, { checkId: found?.id ?? '' });
    await deps.db.updateTable('audit_log').set({ actor }).where('id', '=', changed).execute();
  });

  it('answers on the command line, and a head that was noted shows that it was cut off or made anew', async () => {
    const { deps: { db, config } } = await getApp();
    const database = { url: config.DATABASE_URL, dataDir: config.dataDir, drop: async () => undefined };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await chatello(database, ['verify-audit', '--json', ...args]);
      assert.equal(stderr, '');
      return { code, ...(JSON.parse(stdout) as { intact: boolean; head: { seq: number; hash: string }; as_noted: boolean; problem_count: number }) };
    };
    const { code, head, intact } = await run();
    assert.deepEqual([code, intact], [0, true]);
    const noted = `${head.seq}:${head.hash}`;
    assert.deepEqual((await run('--expect', noted)).as_noted, true);
    const tail = await db.selectFrom('audit_seals').select('audit_id').where('seq', '=', head.seq).executeTakeFirstOrThrow();
    await db.deleteFrom('audit_seals').where('seq', '=', head.seq).execute();
    await db.deleteFrom('audit_log').where('id', '=', tail.audit_id).execute();
    const cut = await run('--expect', noted);
    assert.deepEqual([cut.code, cut.intact, cut.problem_count, cut.as_noted], [1, false, 0, false]);
  });
});
