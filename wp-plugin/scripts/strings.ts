import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const call = /\b(__|_e|_x|_n|esc_html__|esc_attr__|esc_html_e)\(\s*((?:'(?:[^'\\]|\\.)*'\s*,\s*)+?)(?:[\w.$[\]>'-]+\s*,\s*)?'chatello'\s*\)/g;

/** Every text that the plugin gives to be translated, in the order of the files; of a plural the singular. */
export function translatableTexts(root: string): string[] {
  const texts = new Set<string>();
  for (const file of globSync(['chatello.php', 'includes/**/*.php', 'src/**/*.{ts,tsx}'], { cwd: root }).sort()) {
    const source = readFileSync(path.join(root, file), 'utf8');
    const calls = [...source.matchAll(call)];
    const expected = [...source.matchAll(/'chatello'\s*\)/g)].length - [...source.matchAll(/(load_plugin_textdomain|wp_set_script_translations)\(/g)].length;
    for (const [, , args] of calls) {
      const first = /'((?:[^'\\]|\\.)*)'/.exec(args ?? '')?.[1];
      if (first !== undefined) texts.add(first.replace(/\\(['\\])/g, '$1'));
    }
    if (calls.length < expected - 3) throw new Error(`${file}: ${calls.length} of ${expected} texts were understood`);
  }
  return [...texts];
}
