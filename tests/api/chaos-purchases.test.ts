import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runChaos } from '../../scripts/chaos-purchases.ts';
import { createTestDatabase, onBothDatabases } from '../harness.ts';

onBothDatabases('purchases while the server is killed', (engine) => {
  it('loses no purchase, issues no key twice and sends no second e-mail for a cause', async () => {
    const database = await createTestDatabase(engine);
    try {
      const result = await runChaos({ deliveries: 150, duplicates: 0.3, kills: 2, databaseUrl: database.url, say: () => undefined });
      const { lost, double, activeAfterRefund, wrongExpiry, wrongPlan, mailProblems, deadJobs, unfinished } = result;
      assert.deepEqual({ lost, double, activeAfterRefund, wrongExpiry, wrongPlan, mailProblems, deadJobs, unfinished }, { lost: [], double: [], activeAfterRefund: [], wrongExpiry: [], wrongPlan: [], mailProblems: [], deadJobs: [], unfinished: 0 });
      assert.ok(result.sent >= 150 && result.kills === 2 && result.licenses > 0);
    } finally {
      await database.drop();
    }
  });
});
