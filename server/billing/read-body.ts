import { createHash } from 'node:crypto';
import { z } from 'zod';
import { errorText } from '../errors.ts';
import { parseJson } from '../http/json.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { reason } from '../reasons.rules.ts';

/** The JSON of a stored delivery. Throws DeadLetter for anything else. */
export function readJsonBody(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    throw new DeadLetter(reason('body_unreadable', { problem: errorText(error) }));
  }
}

/** The JSON of a body, or undefined. */
export function tryJson(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** A body as the schema has it. Throws DeadLetter that names the first field at fault. */
export function understand<Schema extends z.ZodType>(schema: Schema, body: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DeadLetter(reason('not_understood', { what, field: issue?.path.map(String).join('.') ?? '', problem: issue?.message ?? 'is not valid' }));
}

/** An id that fits its column: the text itself, or its digest. */
export function boundedId(id: string): string {
  return id.length <= 190 && id.isWellFormed() ? id : `sha256:${sha256(id)}`;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Ids of providers: short, printable. */
export const externalId = z.union([z.string().min(1).max(64), z.int().nonnegative()]).transform(String);
