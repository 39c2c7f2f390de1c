type Member = { key: string; valueStart: number; valueEnd: number };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openings = new Set([0x7b, 0x5b]);
const closings = new Set([0x7d, 0x5d]);

/**
 * The bytes of a JSON object with this member set at its top level; every other byte stays as it is. A key that stands there
 * several times is replaced each time, so that every parser reads the same. The bytes must be a valid JSON object.
 */
export function setMember(object: Buffer, key: string, value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const members = membersOf(object);
  const found = members.filter((member) => member.key === key);
  if (found.length === 0) {
    const start = object.indexOf(0x7b) + 1;
    return Buffer.concat([object.subarray(0, start), Buffer.from(`${JSON.stringify(key)}:`), json, Buffer.from(members.length === 0 ? '' : ','), object.subarray(start)]);
  }
  const pieces: Buffer[] = [];
  let position = 0;
  for (const { valueStart, valueEnd } of found) {
    pieces.push(object.subarray(position, valueStart), json);
    position = valueEnd;
  }
  return Buffer.concat([...pieces, object.subarray(position)]);
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
        key = JSON.parse(bytes.toString('utf8', index, end)) as string;
        valueStart = -1;
      } else if (depth === 1 && valueStart === -1) valueStart = index;
      index = end - 1;
    } else if (depth === 1 && byte === comma) endValue(trimmedEnd(bytes, index));
    else if (closings.has(byte)) {
      if (depth === 1) endValue(trimmedEnd(bytes, index));
      depth -= 1;
    } else {
      if (depth === 1 && key !== undefined && valueStart === -1 && byte !== colon && byte > 0x20) valueStart = index;
      if (openings.has(byte)) depth += 1;
    }
  }
  return members;
}

function stringEnd(bytes: Buffer, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
  return index + 1;
}

function trimmedEnd(bytes: Buffer, end: number): number {
  let index = end;
  while (index > 0 && (bytes[index - 1] as number) <= 0x20) index -= 1;
  return index;
}
