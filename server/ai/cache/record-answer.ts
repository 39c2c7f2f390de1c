import { isUtf8 } from 'node:buffer';
import type { ClientAnswer } from '../gateway/client-answer.ts';

/** A whole answer as it was sent. */
export type KeptAnswer = { contentType: string; bytes: Buffer };

const maxBytes = 256 * 1024;
const maxContentType = 190;

/** The same way to a client, with a memory of what went over it. */
export type Recorder = {
  client: ClientAnswer;
  /** What was sent, the last bytes included; undefined for what is not to be kept: too long, not a success, or not text. */
  answer(last: Buffer | string): KeptAnswer | undefined;
};

/** Remembers an answer on its way. Its memory is given up as soon as the answer is too long. */
export function recordAnswer(client: ClientAnswer): Recorder {
  let contentType: string | undefined;
  let chunks: Buffer[] | undefined = [];
  let size = 0;
  const note = (bytes: Buffer | string) => {
    size += Buffer.byteLength(bytes);
    if (size > maxBytes) chunks = undefined;
    else chunks?.push(Buffer.from(bytes));
  };
  return {
    client: {
      ...client,
      head(status, headers) {
        // A further attempt begins anew.
        contentType = status === 200 ? (headers['Content-Type'] ?? headers['content-type']) : undefined;
        chunks = [];
        size = 0;
        client.head(status, headers);
      },
      write(bytes, watch) {
        note(bytes);
        return client.write(bytes, watch);
      },
    },
    answer(last) {
      note(last);
      if (contentType === undefined || contentType.length > maxContentType || chunks === undefined) return undefined;
      const bytes = Buffer.concat(chunks);
      return isUtf8(bytes) ? { contentType, bytes } : undefined;
    },
  };
}
