import type { FileHead } from './mapping.rules.ts';

const sampleLines = 5;
const mostWords = 60;
const longestWord = 120;

/** Collects what the pages of a mapping show of a file: its first lines, and the different words of each column until there are too many to be words of a kind. */
export function collectHead(columns: string[]): { columns: string[]; take: (cells: string[]) => void; head: () => FileHead } {
  const sample: string[][] = [];
  const words: (Set<string> | undefined)[] = columns.map(() => new Set());
  return {
    columns,
    take(cells) {
      if (sample.length < sampleLines) sample.push(cells.map((cell) => cell.slice(0, longestWord)));
      for (const [index, set] of words.entries()) {
        if (!set) continue;
        const word = (cells[index] ?? '').trim();
        if (word.length > longestWord || (set.size >= mostWords && !set.has(word))) words[index] = undefined;
        else set.add(word);
      }
    },
    head: () => ({ columns, sample, words: words.map((set) => (set ? [...set] : null)) }),
  };
}
