import { setImmediate as nextTurn } from 'node:timers/promises';

/** A request that has just come takes some: the connection is taken, its head is read, its body, its answer is written. */
const turns = 4;

/**
 * Between two slices of long work in this process: whoever waits goes first, a request from its coming to its end. After a single turn each of its steps would wait for another slice. When nobody waits it
 * takes some microseconds.
 */
export async function othersTurn(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
}
