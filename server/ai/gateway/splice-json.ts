import type { Json } from './loose.rules.ts';

type Member = { key: string; valueStart: number; valueEnd: number };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const opening = 0x7b;
const closing = 0x7d;
const list = 0x5b;
const endOfList = 0x5d;

/**
 * The bytes of a JSON object with these members set at its top level; every other byte stays as it is. A key that stands there
 * several times is set each time, so that every parser reads the same. The bytes must be a valid JSON object.
 */
export function setMembers(object: Buffer, members: Json): Buffer {
  const found = membersOf(object);
  const pieces: Buffer[] = [];
  let position = 0;
  for (const { key, valueStart, valueEnd } of found) {
    if (!Object.hasOwn(members, key)) continue;
    const json = Buffer.from(JSON.stringify(members[key]));
    if (json.equals(object.subarray(valueStart, valueEnd))) continue;
    pieces.push(object.subarray(position, valueStart), json);
    position = valueEnd;
  }
  const added = Object.entries(members).filter(([key]) => !found.some((member) => member.key === key));
  if (pieces.length === 0 && added.length === 0) return object;
  const edited = Buffer.concat([...pieces, object.subarray(position)]);
  if (added.length === 0) return edited;
  const start = edited.indexOf(opening) + 1;
  const text = added.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
  return Buffer.concat([edited.subarray(0, start), Buffer.from(found.length === 0 ? text : `${text},`), edited.subarray(start)]);
}

/** The same bytes with an item put first in every list that stands under this key at the top level. */
export function prependItem(object: Buffer, key: string, item: unknown): Buffer {
  const pieces: Buffer[] = [];
  let position = 0;
  for (const member of membersOf(object)) {
    if (member.key !== key || object[member.valueStart] !== list) continue;
    const inside = member.valueStart + 1;
    let next = inside;
    while ((object[next] as number) <= 0x20) next += 1;
    pieces.push(object.subarray(position, inside), Buffer.from(JSON.stringify(item) + (object[next] === endOfList ? '' : ',')));
    position = inside;
  }
  return pieces.length === 0 ? object : Buffer.concat([...pieces, object.subarray(position)]);
}

function membersOf(bytes: Buffer): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let key: string | undefined;
  let valueStart = -1;
  const endValue = (end: number) => {
    if (key !== undefined) members.push({ key, valueStart, valueEnd: end });
    key = undefined;
  };
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (byte === quote) {
      const end = stringEnd(bytes, index);
      if (depth === 1 && key === undefined) {
        key = textOfString(bytes, index, end);
        valueStart = -1;
      } else if (depth === 1 && valueStart === -1) valueStart = index;
      index = end - 1;
    } else if (depth === 1 && byte === comma) endValue(trimmedEnd(bytes, index));
    else if (byte === closing || byte === endOfList) {
      if (depth === 1) endValue(trimmedEnd(bytes, index));
      depth -= 1;
    } else {
      if (depth === 1 && key !== undefined && valueStart === -1 && byte !== colon && byte > 0x20) valueStart = index;
      if (byte === opening || byte === list) depth += 1;
    }
  }
  return members;
}

const shortString = 32;

/** The position after the closing quote. Most strings are short; images are long ones, so there the quote is looked for in one go. */
function stringEnd(bytes: Buffer, start: number): number {
  const near = Math.min(start + shortString, bytes.length);
  for (let index = start + 1; index < near; index += 1) {
    if (bytes[index] === quote) return index + 1;
    if (bytes[index] === backslash) break;
  }
  for (let end = bytes.indexOf(quote, start + 1); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (bytes[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return bytes.length;
}

/** What stands between these quotes. */
function textOfString(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function trimmedEnd(bytes: Buffer, end: number): number {
  let index = end;
  while (index > 0 && (bytes[index - 1] as number) <= 0x20) index -= 1;
  return index;
}
