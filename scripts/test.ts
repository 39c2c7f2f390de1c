import { spawnSync } from 'node:child_process';
import { startServices } from './services.ts';

/** `npm test [FILE…]`: types, lint, dead code, then the tests on a private MariaDB. With files, only those tests. */
const files = process.argv.slice(2);
if (files.length === 0) {
  run('tsc', ['--noEmit']);
  run('oxlint', ['--type-aware']);
  run('knip', []);
}
process.env['TEST_MARIADB_URL'] ??= (await startServices()).mariadbUrl;
process.env['NODE_ENV'] = 'test';
run('node', ['--test', '--test-concurrency=2', '--test-timeout=300000', ...(files.length > 0 ? files : ['tests/**/*.test.ts'])]);

function run(command: string, args: string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}
