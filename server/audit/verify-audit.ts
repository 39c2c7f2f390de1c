import { othersTurn } from '../others-turn.ts';
import type { Db } from '../db/database.ts';
import { beginning, withProblem, type AuditLine, type ChainProgress } from './chain.rules.ts';
import { listLinesAfter, listSealsAfter, type SealedLine } from './chain.store.ts';
import { redactedDigest } from './redact-audit.ts';
import { sealHash } from './seal-audit.ts';

const linesAtOnce = 500;

/**
 * Goes over the whole chain in slices: every seal fits its line and the seal before it, no place is missing, and no line claims a seal that it
 * has not. `onProgress` is told after each slice. What is recorded while it walks is not held against anybody.
 */
export async function verifyAudit(db: Db, onProgress: (progress: ChainProgress) => void = () => undefined): Promise<ChainProgress> {
  for (let progress: ChainProgress | undefined = beginning; ; ) {
    const next: { progress: ChainProgress; isDone: boolean } = await verifySlice(db, progress);
    if (next.isDone) return next.progress;
    progress = next.progress;
    onProgress(progress);
    await othersTurn();
  }
}

/** One slice of the walk, from where it stands. */
export async function verifySlice(db: Db, progress: ChainProgress): Promise<{ progress: ChainProgress; isDone: boolean }> {
  if (progress.phase === 'seals') {
    const sealed = await listSealsAfter(db, progress.seq, linesAtOnce);
    const after = sealed.reduce(checkSeal, progress);
    return { progress: sealed.length < linesAtOnce ? { ...after, phase: 'lines' } : after, isDone: false };
  }
  const lines = await listLinesAfter(db, progress.lastId, linesAtOnce);
  let after = progress;
  for (const { id, is_sealed, seq } of lines) {
    if (is_sealed === 1 && seq === null) after = withProblem(after, { kind: 'unsealed', seq: null, id });
    if (is_sealed === 0) after = { ...after, waiting: after.waiting + 1 };
  }
  return { progress: { ...after, lastId: lines.at(-1)?.id ?? after.lastId }, isDone: lines.length < linesAtOnce };
}

/** What follows is held against the seal as it is stored, so that one change is one problem. */
function checkSeal(before: ChainProgress, { seal, line, redaction }: SealedLine): ChainProgress {
  let progress = before;
  const previousHash = Buffer.from(seal.previous_hash).toString('hex');
  const isNext = seal.seq === before.seq + 1;
  if (!isNext) progress = withProblem(progress, { kind: 'seals_missing', seq: before.seq + 1, id: null });
  if (isNext && previousHash !== before.hash) progress = withProblem(progress, { kind: 'seal_out_of_place', seq: seal.seq, id: seal.audit_id });
  const hash = Buffer.from(seal.hash);
  if (!line) progress = withProblem(progress, { kind: 'removed', seq: seal.seq, id: seal.audit_id });
  else if (!sealHash(seal.seq, previousHash, line).equals(hash)) {
    progress = isEmptied(line, redaction) ? { ...progress, emptied: progress.emptied + 1 } : withProblem(progress, { kind: 'changed', seq: seal.seq, id: seal.audit_id });
  }
  return { ...progress, seq: seal.seq, hash: hash.toString('hex'), lines: progress.lines + (line ? 1 : 0) };
}

/** Whoever can write to the database can also write a redaction: it excuses that a line says less, never that it says something else. */
function isEmptied(line: AuditLine, redaction: Uint8Array | undefined): boolean {
  const saysNothing = line.before_json === null && line.after_json === null && line.reason === null;
  return saysNothing && redaction !== undefined && redactedDigest(line).equals(redaction);
}
