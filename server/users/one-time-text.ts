import { randomBytes } from 'node:crypto';

/** 31 letters that cannot be mistaken for each other. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
const groupLength = 4;

/** Random text to be typed: groups of four, each letter worth 4.95 bits. */
export function oneTimeText(groups: number): string {
  const letters: string[] = [];
  while (letters.length < groups * groupLength) {
    for (const byte of randomBytes(32)) if (byte < 248 && letters.length < groups * groupLength) letters.push(alphabet.charAt(byte % alphabet.length));
  }
  return Array.from({ length: groups }, (_, group) => letters.slice(group * groupLength, (group + 1) * groupLength).join('')).join('-');
}
