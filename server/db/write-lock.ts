/** Who may write to the embedded database: this thread of the program, or the one that keeps the ledger. SQLite's own lock would make the other one sleep, and everybody whom it serves. */
export type WriteLock = {
  /** What the other thread needs to share this lock. */
  shared: SharedArrayBuffer;
  /** Resolves when this thread has the lock. It must not ask again before it has released. */
  acquire(): Promise<void>;
  release(): void;
  /** Frees what a thread that has ended may still hold. */
  freeOther(): void;
};

export type Side = 'server' | 'ledger';

const free = 0;
const numbers = { server: 1, ledger: 2 } as const;
const owner = 0;
const lookAgainMs = 250;

/** The lock of one side. Whoever waits is next: the other side hands the lock over when it has done its work. */
export function writeLock(side: Side, shared = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)): WriteLock {
  const cells = new Int32Array(shared);
  const own = numbers[side];
  const other = numbers[side === 'server' ? 'ledger' : 'server'];
  const isOurs = () => Atomics.compareExchange(cells, owner, free, own) === free;
  return {
    shared,
    async acquire() {
      if (isOurs()) return;
      Atomics.store(cells, own, 1);
      while (!isOurs() && Atomics.load(cells, owner) !== own) await Atomics.waitAsync(cells, owner, other, lookAgainMs).value;
      Atomics.store(cells, own, 0);
    },
    release() {
      Atomics.store(cells, owner, Atomics.load(cells, other) === 1 ? other : free);
      Atomics.notify(cells, owner);
    },
    freeOther() {
      Atomics.store(cells, other, 0);
      Atomics.compareExchange(cells, owner, other, free);
      Atomics.notify(cells, owner);
    },
  };
}
