import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../services.ts';

export type ServerProcess = { url: string; start: () => Promise<void>; kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void> };

/** The real server as a process of its own, to be killed and started again on the same ports and data. Its output goes to `server.log` in the data directory. */
export async function serverProcess(dataDir: string, variables: Record<string, string>): Promise<ServerProcess> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const main = path.resolve(import.meta.dirname, '../../server/main.ts');
  const log = openSync(path.join(dataDir, 'server.log'), 'a', 0o600);
  let child: ChildProcess | undefined;
  return {
    url,
    async start() {
      const env = { PATH: process.env['PATH'], NODE_ENV: 'test', HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort), DATA_DIR: dataDir, ...variables };
      const started = spawn(process.execPath, [main], { cwd: dataDir, env, stdio: ['ignore', log, log] });
      child = started;
      for (let waited = 0; waited < 30_000; waited += 50) {
        if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}; see ${path.join(dataDir, 'server.log')}`);
        if (await isHealthy(url)) return;
        await sleep(50);
      }
      throw new Error('the server did not become healthy within 30 s');
    },
    async kill(signal) {
      const running = child;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      running.kill(signal);
      await ended;
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
