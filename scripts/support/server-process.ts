import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../services.ts';

const root = path.resolve(import.meta.dirname, '../..');

export type ServerProcess = {
  child: ChildProcess;
  apiUrl: string;
  adminUrl: string;
  /** All that it has written to standard output and standard error so far. */
  output: () => string;
  /** Sends the signal and waits for the end; returns the exit code. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
};

/** Starts the program as a process of its own, on free loopback ports, and waits until it is healthy. */
export async function startServer(dataDir: string, variables: Record<string, string> = {}): Promise<ServerProcess> {
  const port = variables['PORT'] ?? String(await freePort());
  const adminPort = variables['ADMIN_PORT'] ?? String(await freePort());
  const environment = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NODE_ENV: 'development', HOST: '127.0.0.1', ...variables, DATA_DIR: dataDir, PORT: port, ADMIN_PORT: adminPort };
  const child = spawn('node', ['server/main.ts'], { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const apiUrl = `http://127.0.0.1:${port}`;
  const server = {
    child,
    apiUrl,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    output: () => output,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
  while (child.exitCode === null) {
    const healthy = await fetch(`${apiUrl}/api/health`).then((response) => response.ok, () => false);
    if (healthy) return server;
    await sleep(25);
  }
  throw new Error(`the server ended while starting:\n${output}`);
}
