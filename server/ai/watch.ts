import { AppError } from '../errors.ts';

/** The client closed its connection, or stopped reading for so long that it counts as gone. */
export class ClientLeft extends Error {
  override name = 'ClientLeft';
}

export type WatchLimits = { firstByteMs: number; idleMs: number; maxMs: number };

/** Watches one call, which may take several attempts at different providers. */
export type Watch = {
  /** Aborts the attempt that is under way, with the reason, when a limit is passed or the client leaves. */
  signal(): AbortSignal;
  /** A further attempt begins, with a signal of its own and again the whole time to its first progress, of which `onProgress` is told once. Throws the reason when the call as a whole is over. */
  begin(title: string, onProgress: () => void): void;
  /** The provider has made progress. */
  heard(): void;
  /** Waits for the client to take what was sent; meanwhile the provider is not expected to say anything. */
  whileClientReads(reading: Promise<void>): Promise<void>;
  /** Ends the watch; to be called however the call ends. */
  stop(): void;
};

/** Limits the time to the first progress of each attempt, the silence between two, and the whole of all attempts. `title` is that of the provider, for people. */
export function watchCall(client: AbortSignal, { firstByteMs, idleMs, maxMs }: WatchLimits, title: string): Watch {
  let attempt = new AbortController();
  let asked = title;
  let tellProgress: (() => void) | undefined;
  let over: Error | undefined;
  let step: NodeJS.Timeout | undefined;
  const timedOut = (what: string) => new AppError('PROVIDER_TIMEOUT', `${asked} did not answer in time. Try again, or ask for a shorter answer.`, { detail: `${asked}: ${what}` });
  const end = (reason: Error) => {
    over ??= reason;
    attempt.abort(over);
  };
  const next = (limitMs: number, action: () => void) => {
    clearTimeout(step);
    if (!attempt.signal.aborted) step = setTimeout(action, limitMs);
  };
  const awaitFirst = () => next(firstByteMs, () => attempt.abort(timedOut(`no first byte after ${firstByteMs} ms`)));
  const heard = () => {
    tellProgress?.();
    tellProgress = undefined;
    next(idleMs, () => attempt.abort(timedOut(`silent for ${idleMs} ms`)));
  };
  const onClientLeft = () => end(new ClientLeft('the client closed the connection'));
  const whole = setTimeout(() => end(timedOut(`no end after ${maxMs} ms`)), maxMs);
  if (client.aborted) onClientLeft();
  else client.addEventListener('abort', onClientLeft, { once: true });
  awaitFirst();
  return {
    signal: () => attempt.signal,
    begin(nextTitle, onProgress) {
      if (over) throw over;
      if (attempt.signal.aborted) attempt = new AbortController();
      asked = nextTitle;
      tellProgress = onProgress;
      awaitFirst();
    },
    heard,
    async whileClientReads(reading) {
      next(idleMs, () => end(new ClientLeft(`the client did not read for ${idleMs} ms`)));
      await untilAborted(reading, attempt.signal);
      heard();
    },
    stop() {
      clearTimeout(whole);
      clearTimeout(step);
      client.removeEventListener('abort', onClientLeft);
    },
  };
}

/** The promise, or a rejection with the signal's reason, whichever comes first. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
