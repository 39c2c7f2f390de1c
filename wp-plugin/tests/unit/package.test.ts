import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { keyOf, parsePo } from '../../scripts/po.ts';
import { translatableTexts } from '../../scripts/strings.ts';
import { zipPlugin } from '../../scripts/zip.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const phpFiles = globSync(['*.php', 'includes/**/*.php'], { cwd: root });

describe('the plugin’s package', () => {
  it('costs a page at most 6 kB, and an open chat 25 kB more', () => {
    zipPlugin();
    const sizes = ['launcher.js', 'chat.js'].map((file) => gzipSync(readFileSync(path.join(root, 'build', file)), { level: 9 }).length);
    assert.ok((sizes[0] ?? 0) <= 6_000 && (sizes[1] ?? 0) <= 25_000, String(sizes));
    assert.ok(!/react|jquery/i.test(read('build/launcher.js') + read('build/chat.js')));
  });

  it('holds what a site needs and nothing else, byte for byte the same each time', () => {
    const zip = zipPlugin();
    const first = readFileSync(zip);
    assert.ok(readFileSync(zipPlugin()).equals(first));
    const names = execFileSync('php', ['-r', 'foreach (new RecursiveIteratorIterator(new PharData($argv[1])) as $f) echo str_replace("phar://$argv[1]/", "", $f->getPathname()), "\\n";', zip], { encoding: 'utf8' }).trim().split('\n');
    for (const name of ['chatello/chatello.php', 'chatello/readme.txt', 'chatello/uninstall.php', 'chatello/LICENSE', 'chatello/build/chat.js', 'chatello/build/block/block.json', 'chatello/languages/chatello-it_IT.l10n.php', 'chatello/languages/chatello-it_IT-chatello-admin.json']) assert.ok(names.includes(name), name);
    assert.deepEqual(names.filter((name) => !/^chatello\/(\w+\.php|readme\.txt|LICENSE|(assets|build|includes|languages)\/)/.test(name) || /\.(tsx?|map|scss|lock)$|node_modules|test/.test(name)), []);
  });

  it('takes the vendor’s address, and none that is no address', () => {
    const file = zipPlugin('https://api.vendor.example/');
    assert.match(execFileSync('php', ['-r', 'echo file_get_contents("phar://$argv[1]/chatello/chatello.php");', file], { encoding: 'utf8' }), /'CHATELLO_DEFAULT_API_URL', 'https:\/\/api\.vendor\.example'/);
    assert.throws(() => zipPlugin('javascript:alert(1)'), /must be an address/);
    zipPlugin();
  });

  it('says the same version everywhere', () => {
    const version = (JSON.parse(read('package.json')) as { version: string }).version;
    for (const [file, pattern] of [['chatello.php', /\* Version: +(\S+)/], ['chatello.php', /'CHATELLO_VERSION', '([^']+)'/], ['readme.txt', /Stable tag: (\S+)/], ['src/block/block.json', /"version": "([^"]+)"/]] as const) assert.equal(pattern.exec(read(file))?.[1], version, file);
  });

  it('is PHP that 7.4 understands', () => {
    execFileSync('php', ['-d', 'error_reporting=E_ALL', '-r', 'foreach (array_slice($argv, 1) as $f) { $p = proc_open([PHP_BINARY, "-l", $f], [1 => ["pipe", "w"], 2 => ["pipe", "w"]], $pipes); $out = stream_get_contents($pipes[1]); if (proc_close($p) !== 0) { fwrite(STDERR, $out); exit(1); } }', ...phpFiles.map((file) => path.join(root, file))]);
    // What came with 8.0 and later, as far as it can be seen in the text: the machine's PHP takes all of it.
    const newer: [string, RegExp][] = [['?->', /\?->/], ['match', /\bmatch\s*\(/], ['named argument', /[(,]\s*[a-z_]+:\s(?!:)/], ['constructor promotion', /__construct\(\s*(public|private|protected)/], ['union type', /function [^{;]*\b(int|string|array|bool|float)\|/], ['static, mixed or never as return type', /\):\s*\??(static|mixed|never)\b/], ['enum or readonly', /^\s*(enum|readonly)\s/m], ['attribute', /^\s*#\[/m], ['str_contains and its like', /\b(str_contains|str_starts_with|str_ends_with|get_debug_type|array_is_list)\(/], ['throw as an expression', /(\?\?|=>)\s*throw\b/], ['first-class callable', /\(\.\.\.\)/]];
    for (const file of phpFiles) {
      const code = read(file).replace(/\/\*[^]*?\*\/|\/\/.*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
      for (const [name, pattern] of newer) assert.ok(!pattern.test(code), `${file} uses ${name}: ${pattern.exec(code)?.[0]}`);
    }
  });

  it('lets nobody run a PHP file by its address, and writes nothing into a page unescaped', () => {
    for (const file of phpFiles) {
      const code = read(file);
      assert.ok(/defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit/.test(code) || /^namespace Chatello;/m.test(code), file);
      for (const [line] of code.matchAll(/^.*\becho (?!'|esc_|\$piece|": waiting|"data: ).*$/gm)) assert.fail(`${file}: ${line.trim()}`);
    }
  });

  it('speaks Italian completely, with the same places for numbers and names', () => {
    const texts = translatableTexts(root);
    const entries = parsePo(read('languages/chatello-it_IT.po')).slice(1);
    const known = entries.map(({ msgctxt, msgid }) => keyOf(msgctxt, msgid));
    assert.deepEqual({ missing: texts.filter((text) => !known.includes(text)), unused: known.filter((text) => !texts.includes(text)) }, { missing: [], unused: [] });
    const places = (text: string) => (text.match(/%(\d\$)?[sd]/g) ?? []).sort();
    for (const { msgid, msgstr, plural } of entries) {
      assert.equal(msgstr.length, plural === undefined ? 1 : 2, msgid);
      for (const text of msgstr) {
        assert.notEqual(text, '', msgid);
        assert.deepEqual(places(text), places(msgid), msgid);
      }
    }
  });
});
