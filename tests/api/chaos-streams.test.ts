import assert from 'node:assert/strict';
import { it } from 'node:test';
import { problemsOf, runStreamChaos } from '../../scripts/chaos-streams.ts';
import { createTestDatabase, onBothDatabases } from '../harness.ts';

onBothDatabases('streams that break in every way, of clients of every manner', (engine) => {
  it('none hangs, none ends falsely, all are settled once, and nothing stays open', async () => {
    const database = await createTestDatabase(engine);
    try {
      const result = await runStreamChaos({ streams: 60, atOnce: 20, databaseUrl: database.url, say: () => undefined });
      assert.deepEqual(problemsOf(result), []);
      assert.ok(result.asked > 30 && (result.outcomes['failed'] ?? 0) > 20 && (result.outcomes['left'] ?? 0) > 0, JSON.stringify(result));
    } finally {
      await database.drop();
    }
  });
});
