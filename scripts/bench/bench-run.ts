import type { ChildProcess } from 'node:child_process';
import type { Engine } from '../../server/db/database.ts';
import { startServices } from '../services.ts';
import { createScratchDatabase } from '../support/scratch-database.ts';

/** An empty database for a benchmark; without a URL it is a file in the data directory. */
export async function benchDatabase(engine: Engine): Promise<{ url: string | undefined; drop: () => Promise<void> }> {
  if (engine === 'sqlite') return { url: undefined, drop: async () => undefined };
  return createScratchDatabase(process.env['TEST_MARIADB_URL'] ?? (await startServices()).mariadbUrl, 'bench');
}

/** The round in the middle by requests per second. Throws when there is none. */
export function medianOf<Figures extends { perSecond: number }>(rounds: Figures[]): Figures {
  const middle = rounds.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(rounds.length / 2)];
  if (!middle) throw new Error('no rounds');
  return middle;
}

/** Ends a process that was started for the benchmark, and waits until it is gone. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
    return undefined;
  });
}
