import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf } from './po.ts';

const call = /\b(__|_e|_x|_n|esc_html__|esc_attr__|esc_html_e)\(\s*((?:'(?:[^'\\]|\\.)*'\s*,\s*)+?)(?:[\w.$[\]>'-]+\s*,\s*)?'chatello'\s*\)/g;
/** Calls that take the name of the translations and no text. */
const others = /\b(load_plugin_textdomain\(\s*'chatello'|wp_set_script_translations\([^)]*'chatello'\s*[,)])/g;

/**
 * Every text that the plugin gives to be translated, as keys of a PO file; of a plural the singular. With them what WordPress translates
 * by itself: the plugin's description, and what the editor says of the block. Throws on a call whose text cannot be read.
 */
export function translatableTexts(root: string): string[] {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const texts = new Set<string>();
  for (const file of globSync(['*.php', 'includes/**/*.php', 'src/**/*.{ts,tsx}'], { cwd: root }).sort()) {
    const source = read(file).replace(/^ \* .*$/gm, '');
    const calls = [...source.matchAll(call)];
    for (const [, , args] of calls) {
      const first = /'((?:[^'\\]|\\.)*)'/.exec(args ?? '')?.[1];
      if (first !== undefined) texts.add(first.replace(/\\(['\\])/g, '$1'));
    }
    const named = [...source.matchAll(/,\s*'chatello'\s*\)/g)].length;
    const understood = calls.length + [...source.matchAll(others)].filter(([text]) => /,\s*'chatello'\s*\)$/.test(text)).length;
    if (understood !== named) throw new Error(`${file}: ${understood} of ${named} texts were understood; give them as plain texts in quotes`);
  }
  const description = /^ \* Description: +(.+)$/m.exec(read('chatello.php'))?.[1];
  if (description !== undefined) texts.add(description);
  const block = JSON.parse(read('src/block/block.json')) as { title: string; description: string; keywords: string[] };
  texts.add(keyOf('block title', block.title)).add(keyOf('block description', block.description));
  for (const keyword of block.keywords) texts.add(keyOf('block keyword', keyword));
  return [...texts];
}
