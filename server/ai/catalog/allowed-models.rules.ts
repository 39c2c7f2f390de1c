/** Whether one of a model's names is on the list. A trailing * stands for the rest, and case does not matter. */
export function isAllowed(allowed: readonly string[] | undefined, names: readonly string[]): boolean {
  return allowed === undefined || names.some((name) => allowed.some((pattern) => fits(pattern.toLowerCase(), name.toLowerCase())));
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
