// Runs on whatever Node the machine has, before anything is installed: plain JavaScript, no dependencies.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const marker = path.join(root, 'node_modules', '.chatello-installed');

/** What the tests need from Debian: command -> packages. */
const testTools = { mariadbd: 'mariadb-server', 'redis-server': 'redis-server', 'chromium-headless-shell': 'chromium-headless-shell', php: 'php-cli php-curl php-mbstring php-mysql php-xml php-intl' };

installDependencies();
if (process.argv.includes('--test') || process.argv.includes('--plugin')) installPluginDependencies();
if (process.argv.includes('--test')) installTestTools();

/** The WordPress plugin is a package of its own: its tools are needed to build and test it, not to run the server. */
function installPluginDependencies() {
  const directory = path.join(root, 'wp-plugin');
  const installed = path.join(directory, 'node_modules', '.chatello-installed');
  const fingerprint = createHash('sha256').update(readFileSync(path.join(directory, 'package-lock.json'))).digest('hex');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === fingerprint) return;
  process.stderr.write('Installing what builds the WordPress plugin …\n');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error', '--ignore-scripts'], directory);
  writeFileSync(installed, fingerprint);
}

/** `npm ci` when the lock file is another one than at the last installation. */
function installDependencies() {
  const fingerprint = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
  const nodeBinary = path.join(root, 'node_modules', '.bin', 'node');
  if (existsSync(marker) && existsSync(nodeBinary) && readFileSync(marker, 'utf8') === fingerprint) return;
  process.stderr.write('Installing dependencies …\n');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  // An npm that runs no install scripts leaves the `node` package without its binary.
  if (!works(nodeBinary)) run(process.execPath, ['installArchSpecificPackage'], path.join(root, 'node_modules', 'node'));
  if (!works(nodeBinary)) fail('Node 24 could not be installed from the npm package "node".');
  writeFileSync(marker, fingerprint);
}

/** Installs missing Debian packages when root, otherwise says which command to run. A missing part is a failure, never a skip. */
function installTestTools() {
  const missing = Object.keys(testTools).filter((command) => spawnSync('which', [command]).status !== 0);
  if (missing.length === 0) return;
  const packages = missing.flatMap((command) => testTools[command].split(' '));
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0;
  if (!isRoot || !existsSync('/usr/bin/apt-get')) fail(`The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${packages.join(' ')}`);
  process.stderr.write(`Installing ${packages.join(', ')} …\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], root, environment);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], root, environment);
}

function works(binary) {
  return existsSync(binary) && spawnSync(binary, ['--version']).status === 0;
}

function run(command, args, cwd = root, env = process.env) {
  try {
    execFileSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  } catch {
    fail(`This failed: ${command} ${args.join(' ')}`);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
