/** What has become of the lines of a file, and what was made. */
export type Tally = { new: number; existing: number; changed: number; refused: number; customers: number; licenses: number; sites: number };
export type LineOutcome = 'new' | 'existing' | 'changed' | 'refused';

export type ImportReport = {
  check: Tally;
  run: Tally;
  undo: { removed: number; restored: number; left: number };
  /** How many rows of import_items there are. */
  items: number;
};

/** Where an import can stand. `receiving`: its file is still coming, or broke off. */
export const importStatuses = ['mapping', 'checking', 'checked', 'running', 'done', 'undoing', 'undone'] as const;

export function emptyTally(): Tally {
  return { new: 0, existing: 0, changed: 0, refused: 0, customers: 0, licenses: 0, sites: 0 };
}

export function emptyReport(): ImportReport {
  return { check: emptyTally(), run: emptyTally(), undo: { removed: 0, restored: 0, left: 0 }, items: 0 };
}

export function addTally(a: Tally, b: Tally): Tally {
  return { new: a.new + b.new, existing: a.existing + b.existing, changed: a.changed + b.changed, refused: a.refused + b.refused, customers: a.customers + b.customers, licenses: a.licenses + b.licenses, sites: a.sites + b.sites };
}

/** Whether something works on an import in this status. */
export function isWorking(status: string): boolean {
  return status === 'checking' || status === 'running' || status === 'undoing';
}
