import type { Response } from 'express';
import { drained } from '../../http/sse.ts';
import type { Watch } from '../watch.ts';

/** The answer to a client as it is being written. Nothing leaves before the first bytes, so that an earlier failure still gets a status of its own. */
export type ClientAnswer = {
  readonly hasBegun: boolean;
  /** Status and headers of the answer, to be told before any bytes. */
  head(status: number, headers: Record<string, string>): void;
  /** Resolves when the client has room for more. */
  write(bytes: Buffer | string, watch: Watch): Promise<void>;
  /** Writes the last bytes. A client that takes nothing of what is left for `stallMs` is cut off. */
  end(bytes: Buffer | string, stallMs: number): void;
};

/** No proxy on the way may collect or recode the events. */
export const eventHeaders = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' };

export function clientAnswer(res: Response): ClientAnswer {
  let hasBegun = false;
  const isGone = () => res.closed || res.destroyed;
  return {
    get hasBegun() {
      return hasBegun;
    },
    head(status, headers) {
      if (hasBegun || isGone()) return;
      res.statusCode = status;
      res.setHeaders(new Map(Object.entries(headers)));
    },
    async write(bytes, watch) {
      if (bytes.length === 0 || isGone()) return;
      hasBegun = true;
      if (!res.write(bytes)) await watch.whileClientReads(drained(res));
    },
    end(bytes, stallMs) {
      hasBegun = true;
      res.setTimeout(stallMs, () => res.destroy());
      res.end(bytes);
    },
  };
}
