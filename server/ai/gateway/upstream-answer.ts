import type { Dispatcher } from 'undici';

/** An answer whose headers have come. Its body is read once, or destroyed. */
export type UpstreamAnswer = { statusCode: number; headers: Record<string, string | string[] | undefined>; body: UpstreamBody };
export type UpstreamBody = AsyncIterable<Buffer> & {
  /** Nobody will read what is left: the connection is given up. */
  destroy(): void;
};

// A provider that sends more than its client takes is made to wait.
const mostWaitingBytes = 64 * 1024;

/**
 * Sends a request and resolves when the headers of its answer have come. Rejects, and fails the body, with the reason of `signal` when that aborts,
 * and with undici's error when the connection breaks. undici's own `request` does the same with a stream, which costs as much as all the rest of it.
 */
export function requestOf(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, signal: AbortSignal): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let arriving: ReturnType<typeof arrivingBody> | undefined;
    const onAbort = () => {
      const reason = signal.reason as Error;
      reject(reason);
      arriving?.fail(reason);
      controller?.abort(reason);
    };
    const end = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(current) {
        controller = current;
        if (signal.aborted) current.abort(signal.reason as Error);
      },
      onResponseStart(current, statusCode, headers) {
        if (statusCode < 200) return;
        arriving = arrivingBody(current);
        resolve({ statusCode, headers, body: arriving.body });
      },
      onResponseData: (_current, chunk) => arriving?.push(chunk),
      onResponseEnd() {
        end();
        arriving?.end();
      },
      onResponseError(_current, error) {
        end();
        reject(error);
        arriving?.fail(error);
      },
    });
    return undefined;
  });
}

type Arriving = { body: UpstreamBody; push(chunk: Buffer): void; end(): void; fail(error: Error): void };

function arrivingBody(controller: Dispatcher.DispatchController): Arriving {
  const chunks: Buffer[] = [];
  let waitingBytes = 0;
  let ending: { error: Error | undefined } | undefined;
  let reader: PromiseWithResolvers<IteratorResult<Buffer, undefined>> | undefined;

  const settle = (error?: Error) => {
    if (ending) return;
    ending = { error };
    if (error) reader?.reject(error);
    else reader?.resolve({ done: true, value: undefined });
  };
  const destroy = () => {
    chunks.length = 0;
    if (ending) return;
    settle();
    controller.abort(new Error('the rest of the answer is not wanted'));
  };
  const next = (): Promise<IteratorResult<Buffer, undefined>> => {
    const chunk = chunks.shift();
    if (chunk) {
      waitingBytes -= chunk.length;
      if (controller.paused && waitingBytes < mostWaitingBytes) controller.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (ending?.error) return Promise.reject(ending.error);
    if (ending) return Promise.resolve({ done: true, value: undefined });
    reader = Promise.withResolvers();
    return reader.promise;
  };
  return {
    body: {
      [Symbol.asyncIterator]: () => ({
        next,
        return() {
          destroy();
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
      destroy,
    },
    push(chunk) {
      if (ending) return;
      if (reader) {
        reader.resolve({ done: false, value: chunk });
        reader = undefined;
        return;
      }
      chunks.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= mostWaitingBytes) controller.pause();
    },
    end: () => settle(),
    fail: settle,
  };
}
