import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';

const restartAfterMs = 1_000;
const isFirstVariable = 'CHATELLO_FIRST_PROCESS';

/** Whether this process does what is done once at a start: the first administrator, and the greeting. */
export function isFirstProcess(): boolean {
  return cluster.isPrimary || process.env[isFirstVariable] === 'true';
}

/** Whether this process only keeps `count` others running, which share the ports. */
export function isSupervisor(count: number): boolean {
  return cluster.isPrimary && count > 1;
}

/**
 * Starts `count` processes that serve the same ports, and a new one for each that ends by itself. The first starts alone, since it sets everything
 * up; rejects when it cannot. `stop` ends them all gracefully.
 */
export async function superviseProcesses(count: number, onEnd: (detail: string) => void): Promise<{ stop: () => Promise<void> }> {
  let isStopping = false;
  const run = async (isFirst: boolean): Promise<void> => {
    const worker = cluster.fork({ [isFirstVariable]: String(isFirst) });
    const code = await listening(worker);
    if (code !== undefined) throw new Error(`a process ended with code ${code} while it started`);
    worker.once('exit', (exitCode, signal) => {
      if (!isStopping) void replace(`process ${worker.process.pid ?? 0} ended (${signal ?? `code ${exitCode}`}); another one takes its place`);
    });
  };
  const replace = async (detail: string): Promise<void> => {
    onEnd(detail);
    await sleep(restartAfterMs);
    if (!isStopping) await run(false).catch((error: unknown) => replace((error as Error).message));
  };
  await run(true);
  for (let started = 1; started < count; started += 1) await run(false);
  return {
    async stop() {
      isStopping = true;
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(workers.map((worker) => ended(worker)));
    },
  };
}

/** Resolves with undefined when the process takes requests on both ports, and with its exit code when it ends before. */
function listening(worker: Worker): Promise<number | undefined> {
  return new Promise((resolve) => {
    let ports = 0;
    worker.on('listening', () => {
      ports += 1;
      if (ports === 2) resolve(undefined);
    });
    worker.once('exit', (code) => resolve(code));
  });
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) return resolve();
    worker.once('exit', () => resolve());
    worker.process.kill('SIGTERM');
    return undefined;
  });
}
