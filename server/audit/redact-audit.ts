import { createHash } from 'node:crypto';
import type { Db } from '../db/database.ts';
import { canonicalLine, type AuditLine } from './chain.rules.ts';
import { emptyLine, listReadable, saveRedaction, type AuditFilter } from './redactions.store.ts';

const linesAtOnce = 200;

/** What of a line is proven after it was emptied. */
export function redactedDigest(line: AuditLine): Buffer {
  return createHash('sha256').update(canonicalLine(0, 'redacted', line)).digest();
}

/**
 * Takes the values and the reason from up to 200 lines about one thing, or by one actor, and who it was where that says more than an id;
 * what was done, when and to what stays. The check of the chain takes them as they are then. Returns how many lines there were.
 */
export async function redactAudit(db: Db, about: AuditFilter, now: number): Promise<number> {
  const lines = await listReadable(db, about, linesAtOnce);
  for (const line of lines) {
    const left: AuditLine = { ...line, actor: line.actor.replace(/^(site|device|user):.*$/su, (actor, kind: string) => (kind !== 'user' || 'actor' in about ? `${kind}:erased` : actor)), before_json: null, after_json: null, reason: null };
    await emptyLine(db, left);
    await saveRedaction(db, { audit_id: line.id, digest: redactedDigest(left), created_at: now });
  }
  return lines.length;
}
