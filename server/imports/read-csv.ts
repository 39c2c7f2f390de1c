import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { byteOrderMark, guessDelimiter, type FileProblem } from './csv-file.rules.ts';
import type { StoredLine } from './import-lines.ts';

const maxBytes = 200 * 1024 * 1024;
const maxLineBytes = 256 * 1024;
const beginningBytes = 64 * 1024;

export type CsvFacts = { sizeBytes: number; digest: Buffer; encoding: string; delimiter: string };

/** Thrown within the reading of a file; readCsv turns it into its answer. */
class BadFile extends Error {
  readonly problem: FileProblem;
  constructor(problem: FileProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/**
 * Reads a CSV file as it comes, never more of it than a line and a chunk at a time, and hands over its lines in order, the header first.
 * Delimiter, byte order mark and encoding are found out: without a mark a line is UTF-8 if it can be, otherwise Windows-1252, so that a
 * file that two programs have written is read all the same. Throws what `take` throws.
 */
export async function readCsv(stream: AsyncIterable<Uint8Array>, take: (line: StoredLine) => Promise<void>): Promise<CsvFacts | { problem: FileProblem }> {
  const facts = { sizeBytes: 0, encoding: 'utf-8', delimiter: ',' };
  const hash = createHash('sha256');
  const chunks = counted(stream, (chunk) => {
    facts.sizeBytes += chunk.length;
    if (facts.sizeBytes > maxBytes) throw new BadFile({ code: 'too_large' });
    hash.update(chunk);
  });
  try {
    const beginning = await readBeginning(chunks);
    if (beginning.length === 0) return { problem: { code: 'empty' } };
    const mark = byteOrderMark(beginning);
    const isWide = mark !== undefined && mark.encoding !== 'utf-8';
    if (isWide) facts.encoding = mark.encoding;
    const bytes = isWide ? transcoded(beginning.subarray(mark.length), chunks, mark.encoding) : joined(beginning.subarray(mark?.length ?? 0), chunks);
    const first = isWide ? new TextDecoder(mark.encoding).decode(beginning.subarray(mark.length)) : beginning.toString('latin1');
    if (first.includes('\0')) return { problem: { code: 'not_csv' } };
    facts.delimiter = guessDelimiter(first);
    const parser = parse({ delimiter: facts.delimiter, encoding: 'latin1', relax_column_count: true, skip_empty_lines: true, max_record_size: maxLineBytes, info: true });
    await pipeline(bytes, parser, async (records: AsyncIterable<{ record: string[]; info: { lines: number } }>) => {
      for await (const { record, info } of records) {
        const raw = record.map((cell) => Buffer.from(cell, 'latin1'));
        const isOfUtf8 = raw.every((cell) => isUtf8(cell));
        if (!isOfUtf8) facts.encoding = 'windows-1252';
        const breaks = record.reduce((count, cell) => count + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
        await take({ line: Math.max(info.lines - breaks, 1), cells: isOfUtf8 ? raw.map((cell) => cell.toString('utf8')) : raw.map((cell) => western.decode(cell)) });
      }
    });
    return { ...facts, digest: hash.digest() };
  } catch (error) {
    if (error instanceof BadFile) return { problem: error.problem };
    if (error instanceof CsvError) return { problem: { code: error.code === 'CSV_MAX_RECORD_SIZE' ? 'line_too_long' : 'not_csv', line: Number(error['lines'] ?? 0) } };
    throw error;
  }
}

const western = new TextDecoder('windows-1252');

function counted(stream: AsyncIterable<Uint8Array>, count: (chunk: Uint8Array) => void): AsyncIterator<Uint8Array> {
  return (async function* () {
    for await (const chunk of stream) {
      count(chunk);
      yield chunk;
    }
  })();
}

/** As many chunks as are needed to judge a file. */
async function readBeginning(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let size = 0; size < beginningBytes; ) {
    const { value, done } = await chunks.next();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  return Buffer.concat(parts);
}

async function* joined(beginning: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield beginning;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* transcoded(beginning: Uint8Array, rest: AsyncIterator<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of joined(beginning, rest)) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
