import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { raceForLastSeat } from '../../scripts/race-last-seat.ts';
import { createTestDatabase, onBothDatabases, type TestDatabase } from '../harness.ts';

onBothDatabases('the last free slot under 50 activations at once from 4 processes', (engine) => {
  let database: TestDatabase | undefined;
  after(async () => database?.drop());

  it('goes to exactly one site or device in every round, and nobody gets an error', async () => {
    database = await createTestDatabase(engine);
    const figures = await raceForLastSeat({ rounds: 15, parallel: 50, processes: 4, dataDir: database.dataDir, databaseUrl: database.url });
    assert.deepEqual(figures, { rounds: 15, activations: 750, tooMany: 0, tooFew: 0, errors: [] });
  });
});
