import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf, parsePo, type Entry } from './po.ts';

export const pluginRoot = path.resolve(import.meta.dirname, '..');
const build = path.join(pluginRoot, 'build');
const marker = path.join(build, '.sources');

/** Builds scripts, styles and translations, unless they are those of the sources as they are. */
export function buildPlugin(): void {
  const sources = globSync(['src/**/*', 'languages/*.po', 'webpack.config.cjs', 'package-lock.json', 'scripts/*.ts'], { cwd: pluginRoot, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).sort();
  const hash = createHash('sha256');
  for (const file of sources) hash.update(file).update(readFileSync(file));
  const fingerprint = hash.digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint) return;
  rmSync(build, { recursive: true, force: true });
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: pluginRoot, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } });
  buildTranslations();
  mkdirSync(build, { recursive: true });
  writeFileSync(marker, fingerprint);
}

/** From each PO file what WordPress reads: `.l10n.php` for PHP (since 6.5) and one JSON file for each script. */
function buildTranslations(): void {
  const directory = path.join(pluginRoot, 'languages');
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.po'))) {
    const name = file.slice(0, -3);
    const locale = name.slice('chatello-'.length);
    const entries = parsePo(readFileSync(path.join(directory, file), 'utf8'));
    const pluralForms = /Plural-Forms: *(.*)/.exec(entries[0]?.msgstr[0] ?? '')?.[1] ?? 'nplurals=2; plural=(n != 1);';
    const key = ({ msgctxt, msgid }: Pick<Entry, 'msgctxt' | 'msgid'>) => keyOf(msgctxt, msgid);
    const translated = entries.slice(1).filter(({ msgstr }) => msgstr.every((text) => text !== ''));
    const php = translated.map((entry) => `${phpText(key(entry))}=>${phpText(entry.msgstr.join('\0'))}`).join(',');
    writeFileSync(path.join(directory, `${name}.l10n.php`), `<?php\nreturn array('domain'=>'chatello','plural-forms'=>${phpText(pluralForms)},'language'=>${phpText(locale)},'messages'=>array(${php}));\n`);
    const messages = { '': { domain: 'chatello', lang: locale, 'plural-forms': pluralForms }, ...Object.fromEntries(translated.map((entry) => [key(entry), entry.msgstr])) };
    for (const handle of ['chatello-admin', 'chatello-assistant-editor-script']) writeFileSync(path.join(directory, `${name}-${handle}.json`), JSON.stringify({ domain: 'chatello', locale_data: { chatello: messages } }));
  }
}

/** A PHP literal of a text that may have NUL in it. */
function phpText(text: string): string {
  return text.split('\0').map((part) => `'${part.replace(/['\\]/g, '\\$&')}'`).join('."\\0".');
}

if (import.meta.main) buildPlugin();
