import { createHash } from 'node:crypto';

const listed = /(?:W\/)?"([^"]*)"/g;

/** The entity tag of a representation: the same JSON has the same tag. */
export function entityTag(body: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`;
}

/** Whether a list of tags (If-None-Match, If-Match) names this one; `*` names any. */
export function namesTag(header: string, tag: string): boolean {
  if (header.trim() === '*') return true;
  return [...header.matchAll(listed)].some(([, value]) => `"${value}"` === tag);
}
