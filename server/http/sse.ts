import type { Response } from 'express';

/** Server-sent events on an answer. Nothing is sent before the first event, so that an earlier failure still gets a status of its own. */
export type EventStream = {
  isOpen(): boolean;
  /** Sends one event; a string as it is, anything else as JSON. Returns a promise when the client is slower than we are: wait for it before sending more. */
  send(data: unknown): Promise<void> | undefined;
  /** Ends the stream. A client that takes nothing of what is left for this long is cut off. */
  end(stallMs: number): void;
};

export function eventStream(res: Response): EventStream {
  let isOpen = false;
  return {
    isOpen: () => isOpen,
    send(data) {
      if (res.closed || res.destroyed) return undefined;
      if (!isOpen) {
        isOpen = true;
        // No proxy on the way may collect or recode the events.
        res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' });
      }
      return res.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`) ? undefined : drained(res);
    },
    end: (stallMs) => endAnswer(res, '', stallMs),
  };
}

/** Writes the last bytes of an answer. A client that takes nothing of what is left for `stallMs` is cut off. */
export function endAnswer(res: Response, bytes: Buffer | string, stallMs: number): void {
  res.end(bytes);
  // Mostly the system has taken all of it by now.
  if (res.writableLength > 0) res.setTimeout(stallMs, () => res.destroy());
}

/** Resolves when the client has taken what was sent, or has gone. */
export function drained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.once('drain', done);
    res.once('close', done);
  });
}

/** Aborts when the client closes its connection before the answer is complete. */
export function clientSignal(res: Response): AbortSignal {
  const controller = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) controller.abort();
  };
  if (res.closed || res.destroyed) onClose();
  else res.once('close', onClose);
  return controller.signal;
}
