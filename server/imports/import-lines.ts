import { othersTurn } from '../others-turn.ts';
import { ChangedMeanwhile, transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { findBatch, insertBatch, listBatchesUnderOtherKeys, listImportsWithFile, replaceBatchCipher } from './imports.store.ts';
import { collectHead } from './file-head.rules.ts';
import type { FileHead } from './mapping.rules.ts';

/** A line of a file, with the number that it has there. */
export type StoredLine = { line: number; cells: string[] };

/** So many lines are sealed together. */
export const linesInBatch = 250;

/** Keeps lines of a file, sealed: they hold licence keys. `number` counts from 1. */
export async function storeLines(db: Db, vault: Vault, importId: string, number: number, lines: StoredLine[]): Promise<void> {
  await store(db, vault, importId, number, lines.map(({ line, cells }) => [line, ...cells]));
}

/** Keeps the head of a file. */
export async function storeHead(db: Db, vault: Vault, importId: string, head: FileHead): Promise<void> {
  await store(db, vault, importId, 0, head);
}

async function store(db: Db, vault: Vault, importId: string, number: number, contents: unknown): Promise<void> {
  const { keyId, cipher } = vault.seal(JSON.stringify(contents), batchAad(importId, number));
  await insertBatch(db, { import_id: importId, number, key_id: keyId, cipher });
}

/** The head of a file; undefined once the file has been deleted. */
export async function findHead(db: Db, vault: Vault, importId: string): Promise<FileHead | undefined> {
  return (await open(db, vault, importId, 0)) as FileHead | undefined;
}

/** Reads lines by their place in the file, 0 first; keeps the batch that it has opened last. Undefined where there are none. */
export function lineReader(db: Db, vault: Vault, importId: string): (from: number, count: number) => Promise<StoredLine[]> {
  let opened: { number: number; lines: StoredLine[] } | undefined;
  return async (from, count) => {
    const number = Math.floor(from / linesInBatch) + 1;
    if (opened?.number !== number) {
      opened = { number, lines: (await openLines(db, vault, importId, number)) ?? [] };
    }
    const start = from % linesInBatch;
    return opened.lines.slice(start, start + count);
  };
}

async function open(db: Db, vault: Vault, importId: string, number: number): Promise<unknown> {
  const batch = await findBatch(db, importId, number);
  return batch && JSON.parse(vault.open({ keyId: batch.key_id, cipher: batch.cipher }, batchAad(importId, number)));
}

/** Seals up to `limit` batches anew that are under an older encryption key; returns how many there were. */
export function resealImportLines(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const batches = await listBatchesUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const batch of batches) {
      const aad = batchAad(batch.import_id, batch.number);
      await replaceBatchCipher(trx, batch, vault.seal(vault.open({ keyId: batch.key_id, cipher: batch.cipher }, aad), aad));
    }
    return batches.length;
  });
}

/** Takes lines out of every file that is kept: `linesOf` tells for each import which lines. */
export async function eraseLinesOfFiles(db: Db, vault: Vault, linesOf: (importId: string) => Promise<(line: StoredLine) => boolean>): Promise<void> {
  for (const importId of await listImportsWithFile(db)) await eraseLines(db, vault, importId, await linesOf(importId));
}

/**
 * Takes lines out of a file that is kept here: their cells are gone, their places stay. What the head shows of the file is collected anew
 * without them, and first, so that it may be broken off anywhere and run again.
 */
async function eraseLines(db: Db, vault: Vault, importId: string, isTheirs: (line: StoredLine) => boolean): Promise<void> {
  const head = await findHead(db, vault, importId);
  const collected = collectHead(head?.columns ?? []);
  const concerned: number[] = [];
  for (let number = 1; ; number += 1) {
    const lines = await openLines(db, vault, importId, number);
    if (!lines) break;
    if (lines.some(isTheirs)) concerned.push(number);
    for (const line of lines) collected.take(isTheirs(line) ? [] : line.cells);
    await othersTurn();
  }
  if (concerned.length === 0) return;
  if (head) await replace(db, vault, importId, 0, collected.head());
  for (const number of concerned) {
    await transact(db, async (trx) => {
      const lines = (await openLines(trx, vault, importId, number)) ?? [];
      await replace(trx, vault, importId, number, lines.map((line) => (isTheirs(line) ? [line.line] : [line.line, ...line.cells])));
    });
    await othersTurn();
  }
}

async function openLines(db: Db, vault: Vault, importId: string, number: number): Promise<StoredLine[] | undefined> {
  const rows = (await open(db, vault, importId, number)) as [number, ...string[]][] | undefined;
  return rows?.map(([line, ...cells]) => ({ line, cells }));
}

async function replace(db: Db, vault: Vault, importId: string, number: number, contents: unknown): Promise<void> {
  await transact(db, async (trx) => {
    const batch = await findBatch(trx, importId, number);
    if (!batch) return;
    const sealed = vault.seal(JSON.stringify(contents), batchAad(importId, number));
    if (!(await replaceBatchCipher(trx, batch, sealed))) throw new ChangedMeanwhile('the lines were sealed under another key');
  });
}

function batchAad(importId: string, number: number): string {
  return `import_batches.cipher.${importId}.${number}`;
}
