import type { z } from 'zod';

const things: Record<string, string> = { string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object' };

/**
 * What is wrong with a value, in words that follow the name of its field: "must be at most 120". Given to `safeParse` as `error`; a message
 * that stands in the schema itself goes before it.
 */
export const plainIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${things[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${listed(issue.values.map(String))}`;
    case 'too_small':
      if (Number(issue.minimum) === 1 && issue.origin !== 'number' && issue.origin !== 'int') return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
    case 'unrecognized_keys':
      return `${listed(issue.keys.map((key) => `"${key.slice(0, 64)}"`))} is not known here`;
    default:
      return 'is not valid';
  }
};

function amount(limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' ? 'element' : '';
  return unit === '' ? String(limit) : `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}${origin === 'string' ? ' long' : ''}`;
}

/** `a, b or c`. */
function listed(values: string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
