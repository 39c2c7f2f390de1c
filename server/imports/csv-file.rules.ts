const delimiters = [',', ';', '\t', '|'];

/** The delimiter of a file by its first line: the one that stands there most often outside of quotes. A file of one column has a comma. */
export function guessDelimiter(beginning: string): string {
  const counts = new Map(delimiters.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (const character of beginning) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === '\n' || character === '\r')) break;
    else if (!isQuoted && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return delimiters.reduce((best, delimiter) => ((counts.get(delimiter) ?? 0) > (counts.get(best) ?? 0) ? delimiter : best));
}

/** The encoding that the first bytes of a file announce, and how many they are; without such a mark each line is looked at. */
export function byteOrderMark(bytes: Uint8Array): { encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; length: number } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

/** Names of columns as people can tell them apart: without a name by its number, of two that are the same the second with a 2. */
export function columnNames(cells: string[]): string[] {
  const names: string[] = [];
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim().slice(0, 120) || `#${index + 1}`;
    let unique = name;
    for (let number = 2; names.includes(unique); number += 1) unique = `${name} (${number})`;
    names.push(unique);
  }
  return names;
}

/** What was wrong with a file as a whole. */
export type FileProblem = { code: 'empty' | 'too_large' | 'no_table' | 'not_csv' | 'line_too_long' | 'too_many_columns'; line?: number };

const sentences: Record<FileProblem['code'], (line: number) => string> = {
  empty: () => 'must be a CSV file with a line of column names and at least one more',
  too_large: () => 'is larger than 200 MB; send it in parts, since nothing becomes double',
  no_table: () => 'must begin with a line of column names',
  not_csv: (line) => `is no CSV file: it cannot be read from line ${line} on`,
  line_too_long: (line) => `has a line longer than 256 KB: line ${line}; a quotation mark may be missing there`,
  too_many_columns: () => 'has more than 200 columns',
};

/** What is wrong with a file, in words that follow its name. */
export function fileProblemSentence({ code, line = 1 }: FileProblem): string {
  return sentences[code](line);
}
