import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { servicesRun, startServices, stopServices } from './services.ts';

/** `npm test [FILE…]`: types, lint, dead code, then the tests on a private MariaDB. With files, only those tests. */
const files = process.argv.slice(2);
if (files.length === 0) {
  const checks = [['tsc', ['--noEmit']], ['tsc', ['--noEmit', '-p', 'wp-plugin']], ['oxlint', ['--type-aware']], ['knip', []]] as const;
  const results = await Promise.all(checks.map(([command, args]) => check(command, args)));
  for (const { output } of results) process.stdout.write(output);
  const failed = results.find(({ status }) => status !== 0);
  if (failed) process.exit(failed.status);
}
const isGiven = process.env['TEST_MARIADB_URL'] !== undefined;
const isOurs = !isGiven && !servicesRun();
if (!isGiven) process.env['TEST_MARIADB_URL'] = (await startServices()).mariadbUrl;
process.env['NODE_ENV'] = 'test';
// Every test file and every process that it starts loads the same modules: compiled once, they are read from here.
process.env['NODE_COMPILE_CACHE'] ??= path.resolve(import.meta.dirname, '../node_modules/.cache/compiled');
// The limit for a file ends one that hangs; it says nothing about speed.
process.exitCode = run('node', ['--test', '--test-concurrency=3', '--test-timeout=300000', ...(files.length > 0 ? files : ['tests/**/*.test.ts', 'wp-plugin/tests/**/*.test.ts'])]);
if (isOurs) await stopServices();

/** Runs a command to its end and keeps what it writes, so that several may run at once. */
function check(command: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => resolve({ status: error ? 1 : 0, output: stdout + stderr + (typeof error?.code === 'string' ? `${command}: ${error.message}\n` : '') }));
  });
}

function run(command: string, args: readonly string[]): number {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  return status ?? 1;
}
