/** One field that is not as it was; `undefined`: it was not there, or is not any more. */
export type FieldChange = { field: string; before: string | undefined; after: string | undefined };

/**
 * What is not the same before and after, field by field, as people read it. Of something new or deleted: all its fields. Values that are no
 * objects stand for themselves, under no name.
 */
export function auditChanges(beforeJson: string | null, afterJson: string | null): FieldChange[] {
  const before = fieldsOf(beforeJson);
  const after = fieldsOf(afterJson);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) => {
    const change = { field, before: before.get(field), after: after.get(field) };
    return change.before === change.after ? [] : [change];
  });
}

function fieldsOf(json: string | null): Map<string, string> {
  if (json === null) return new Map();
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([['', textOf(value)]]);
  return new Map(Object.entries(value).map(([name, part]) => [name, timeOf(name, part) ?? textOf(part)]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.join(', ');
  return value === null ? '–' : JSON.stringify(value);
}

const firstPlausible = Date.UTC(2000, 0);

/** A moment, which is stored as a number, as a time. */
function timeOf(field: string, value: unknown): string | undefined {
  const isMoment = typeof value === 'number' && value > firstPlausible && value < 8.64e15 && /(?:_at|_from|_until)$/.test(field);
  return isMoment ? new Date(value).toISOString() : undefined;
}
