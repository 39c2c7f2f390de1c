import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { configVariables } from '../../server/config.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', { cwd: root })];

describe('what is written for people', () => {
  it('names every variable of the configuration in the table of the README, and no other', () => {
    const rows = read('README.md').split('\n').filter((line) => /^\| `[A-Z_]+`/.test(line));
    const named = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name));
    const unknown = named.filter((name) => !configVariables.includes(name));
    assert.deepEqual(unknown, [], 'in the README, not in server/config.ts');
    assert.deepEqual(configVariables.filter((name) => !named.includes(name)), [], 'in server/config.ts, not in the README');
    assert.deepEqual(named.filter((name, index) => named.indexOf(name) !== index), [], 'twice in the README');
  });

  it('leads to pages and pictures that are there', () => {
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        assert.ok(existsSync(path.resolve(root, path.dirname(page), target.replace(/#.*$/, ''))), `${page} leads to ${target}`);
      }
    }
  });

  it('names commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = globSync('scripts/commands/*.ts', { cwd: root }).map((file) => path.basename(file, '.ts'));
    for (const page of pages) {
      for (const [, script = ''] of read(page).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)) assert.ok(scripts[script], `${page}: npm run ${script}`);
      for (const [, command = ''] of read(page).matchAll(/chatello -- ([a-z-]+)/g)) assert.ok(command === '--help' || commands.includes(command), `${page}: chatello ${command}`);
    }
  });

  it('lists every decision', () => {
    const index = read('docs/decisions/README.md');
    for (const file of globSync('docs/decisions/0*.md', { cwd: root })) assert.ok(index.includes(`(${path.basename(file)}) ${read(file).split('\n')[0]?.replace(/^# \d+ /, '')}`), `${file} is not in docs/decisions/README.md under its title`);
  });
});
