import { AppError } from '../errors.ts';

/** The client closed its connection, or stopped reading for so long that it counts as gone. */
export class ClientLeft extends Error {
  override name = 'ClientLeft';
}

export type WatchLimits = { firstByteMs: number; idleMs: number; maxMs: number };

/** Watches one call to a provider. `signal` aborts it, with the reason, when a limit is passed or the client leaves. */
export type Watch = {
  signal: AbortSignal;
  /** The provider has made progress. */
  heard(): void;
  /** Waits for the client to take what was sent; meanwhile the provider is not expected to say anything. */
  whileClientReads(reading: Promise<void>): Promise<void>;
  /** Ends the watch; to be called however the call ends. */
  stop(): void;
};

/** The SDKs limit the time to the headers only; this limits the time to the first progress, the silence between two, and the whole. */
export function watchCall(client: AbortSignal, { firstByteMs, idleMs, maxMs }: WatchLimits, title: string): Watch {
  const controller = new AbortController();
  const abort = (reason: Error) => controller.abort(reason);
  const timedOut = (what: string) => () => abort(new AppError('PROVIDER_TIMEOUT', `${title} did not answer in time. Try again, or ask for a shorter answer.`, { detail: `${title}: ${what}` }));
  const whole = setTimeout(timedOut(`no end after ${maxMs} ms`), maxMs);
  let step = setTimeout(timedOut(`no first byte after ${firstByteMs} ms`), firstByteMs);
  const next = (action: () => void) => {
    clearTimeout(step);
    if (!controller.signal.aborted) step = setTimeout(action, idleMs);
  };
  const heard = () => next(timedOut(`silent for ${idleMs} ms`));
  const onClientLeft = () => abort(new ClientLeft('the client closed the connection'));
  if (client.aborted) onClientLeft();
  else client.addEventListener('abort', onClientLeft, { once: true });
  return {
    signal: controller.signal,
    heard,
    async whileClientReads(reading) {
      next(() => abort(new ClientLeft(`the client did not read for ${idleMs} ms`)));
      await untilAborted(reading, controller.signal);
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
