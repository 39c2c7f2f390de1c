import { v7 } from 'uuid';

/** A new row id: UUIDv7 (RFC 9562), so ids sort by creation and are known before the insert. */
export function newId(): string {
  return v7();
}
