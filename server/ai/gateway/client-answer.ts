import type { Response } from 'express';
import { drained, endAnswer } from '../../http/sse.ts';
import type { Watch } from '../watch.ts';

/** The answer to a client as it is being written. Nothing leaves before the first bytes, so that an earlier failure still gets a status of its own. */
export type ClientAnswer = {
  hasBegun(): boolean;
  /** Status and headers of the answer, to be told before any bytes. They leave with the first of these; until then a further attempt replaces them. */
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
  let told: { status: number; headers: Record<string, string> } | undefined;
  const isGone = () => res.closed || res.destroyed;
  const begin = () => {
    if (!hasBegun && told && !isGone()) {
      res.statusCode = told.status;
      for (const name in told.headers) res.setHeader(name, told.headers[name] as string);
    }
    hasBegun = true;
  };
  return {
    hasBegun: () => hasBegun,
    head(status, headers) {
      told = { status, headers };
    },
    async write(bytes, watch) {
      if (bytes.length === 0 || isGone()) return;
      begin();
      if (!res.write(bytes)) await watch.whileClientReads(drained(res));
    },
    end(bytes, stallMs) {
      begin();
      endAnswer(res, bytes, stallMs);
    },
  };
}
