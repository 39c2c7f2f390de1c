import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { servicesRun, startServices, stopServices } from './services.ts';

/** `npm test [FILE…]`: types, lint, dead code, then the tests on a private MariaDB. With files, only those tests. */
const files = process.argv.slice(2);
if (files.length === 0) {
  for (const [command, args] of [['tsc', ['--noEmit']], ['tsc', ['--noEmit', '-p', 'wp-plugin']], ['oxlint', ['--type-aware']], ['knip', []]] as const) {
    const status = run(command, args);
    if (status !== 0) process.exit(status);
  }
}
const isGiven = process.env['TEST_MARIADB_URL'] !== undefined;
const isOurs = !isGiven && !servicesRun();
if (!isGiven) process.env['TEST_MARIADB_URL'] = (await startServices()).mariadbUrl;
process.env['NODE_ENV'] = 'test';
// Every test file and every process that it starts loads the same modules: compiled once, they are read from here.
process.env['NODE_COMPILE_CACHE'] ??= path.resolve(import.meta.dirname, '../node_modules/.cache/compiled');
// The limit for a file ends one that hangs; it says nothing about speed.
process.exitCode = run('node', ['--test', '--test-concurrency=2', '--test-timeout=300000', ...(files.length > 0 ? files : ['tests/**/*.test.ts', 'wp-plugin/tests/**/*.test.ts'])]);
if (isOurs) await stopServices();

function run(command: string, args: readonly string[]): number {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  return status ?? 1;
}
