import { execFile } from 'node:child_process';
import path from 'node:path';
import type { TestDatabase } from './harness.ts';

const commandLine = path.resolve(import.meta.dirname, '../scripts/chatello.ts');

export type Ended = { code: number; stdout: string; stderr: string };

/** Runs `chatello` as a process of its own on a test database, with nothing of this process's configuration. */
export function chatello(database: TestDatabase, args: string[], variables: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '', NODE_ENV: 'test', DATA_DIR: database.dataDir, DATABASE_URL: database.url ?? '', ...variables };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [commandLine, ...args], { env, cwd: database.dataDir }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}
