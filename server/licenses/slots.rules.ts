/**
 * The slot that the next site takes, or undefined when the limit is reached. Sites that hold a slot beyond a limit that was lowered
 * count too: for each of them one of the lower slots is closed. Everybody who looks at the same slots is given the same one,
 * so that a unique constraint on it decides who gets the last.
 */
export function freeSlot(taken: number[], limit: number): number | undefined {
  const held = new Set(taken);
  let beyond = held.size;
  for (let slot = 0; slot + 1 + beyond - (held.has(slot) ? 1 : 0) <= limit; slot += 1) {
    if (!held.has(slot)) return slot;
    beyond -= 1;
  }
  return undefined;
}

/** The slots that stand in the way of one more of a kind: copies have slots of their own, all others share theirs. */
export function slotsTaken(activations: { slot: number; is_staging: number }[], kind: 'production' | 'staging' | 'device'): number[] {
  return activations.filter(({ is_staging: isStaging }) => (isStaging === 1) === (kind === 'staging')).map(({ slot }) => slot);
}
