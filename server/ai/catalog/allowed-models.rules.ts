import { z } from 'zod';

const listed = z.array(z.string());

/** A plan's list of models as the database has it; undefined: all are allowed. */
export function allowedModelsOf(json: string | null): string[] | undefined {
  return json === null ? undefined : listed.parse(JSON.parse(json));
}

/** Whether one of a model's names is on the list. A trailing * stands for the rest, and case does not matter. */
export function isAllowed(allowed: readonly string[] | undefined, names: readonly string[]): boolean {
  return allowed === undefined || names.some((name) => allowed.some((pattern) => fits(pattern.toLowerCase(), name.toLowerCase())));
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
