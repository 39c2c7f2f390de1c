/** A line of the audit log, word for word as it is stored. */
export type AuditLine = {
  id: string;
  at: number;
  actor: string;
  action: string;
  entity: string;
  entity_id: string;
  before_json: string | null;
  after_json: string | null;
  reason: string | null;
  request_id: string | null;
};

/**
 * What a seal is the SHA-256 of: its place, the seal before it in hexadecimal, and the line, as one JSON list. Anybody can compute it from
 * an export; it may never change.
 */
export function canonicalLine(seq: number, previousHash: string, { id, at, actor, action, entity, entity_id, before_json, after_json, reason, request_id }: AuditLine): string {
  return JSON.stringify(['chatello-audit-1', seq, previousHash, id, at, actor, action, entity, entity_id, before_json, after_json, reason, request_id]);
}

export const problemKinds = ['changed', 'removed', 'seals_missing', 'seal_out_of_place', 'unsealed'] as const;
/** Of `seals_missing`, `id` is null: which lines they were for is not known any more. `seq`: the place in the chain, where there is one. */
export type ChainProblem = { kind: (typeof problemKinds)[number]; seq: number | null; id: string | null };

/** Where a walk over the chain stands; it starts at nothing. */
export type ChainProgress = { seq: number; hash: string; lines: number; problems: ChainProblem[]; problemCount: number; phase: 'seals' | 'lines'; lastId: string; waiting: number; /** Lines that an erasure has emptied. */ emptied: number };

export const beginning: ChainProgress = { seq: 0, hash: '', lines: 0, problems: [], problemCount: 0, phase: 'seals', lastId: '', waiting: 0, emptied: 0 };

const problemsKept = 100;

/** The progress with one more problem; all are counted, the first hundred are kept. */
export function withProblem(progress: ChainProgress, problem: ChainProblem): ChainProgress {
  return { ...progress, problemCount: progress.problemCount + 1, problems: progress.problems.length < problemsKept ? [...progress.problems, problem] : progress.problems };
}
