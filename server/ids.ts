import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const bytesPerId = 16;
// Asking the system for the bytes of many ids at once costs a fraction of asking for those of each.
const pool = new Uint8Array(256 * bytesPerId);
let taken = pool.length;
let lastMs = 0;
let sequence = 0;

/** A new row id: UUIDv7 (RFC 9562), so ids sort by creation, also those of one millisecond, and are known before the insert. */
export function newId(): string {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const random = pool.subarray(taken, (taken += bytesPerId));
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // It begins in the lower half of its 32 bits, so that it does not run out within a millisecond.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else sequence += 1;
  return v7({ random, msecs: lastMs, seq: sequence });
}
