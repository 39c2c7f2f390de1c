import { AppError } from '../../errors.ts';
import type { SseEvent } from './wire.rules.ts';

/** One event of a stream with the bytes that it came in, its blank line included. */
export type Frame = SseEvent & { bytes: Buffer };
export type Framer = {
  /** The events that these bytes complete. */
  push(chunk: Buffer): Frame[];
  /** What has come after the last complete event. */
  rest(): Buffer;
};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const maxFrameBytes = 4 * 1024 * 1024;

/** Cuts a stream of bytes into its events. Throws PROVIDER_FAILED for an event that would fill the memory. */
export function sseFramer(title: string): Framer {
  let rest: Buffer = Buffer.alloc(0);
  let lineStart = 0;
  return {
    push(chunk) {
      const scannedBytes = rest.length;
      const buffer = scannedBytes === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Frame[] = [];
      let start = 0;
      for (let end = buffer.indexOf(lineFeed, scannedBytes); end !== -1; end = buffer.indexOf(lineFeed, end + 1)) {
        const isBlank = end === lineStart || (end === lineStart + 1 && buffer[lineStart] === carriageReturn);
        lineStart = end + 1;
        if (!isBlank) continue;
        frames.push(frameOf(buffer.subarray(start, lineStart)));
        start = lineStart;
      }
      rest = buffer.subarray(start);
      lineStart -= start;
      if (rest.length > maxFrameBytes) throw new AppError('PROVIDER_FAILED', `${title} sent an answer that is too large to be passed on. Ask for less at once.`, { detail: `${title}: an event without end` });
      return frames;
    },
    rest: () => rest,
  };
}

function frameOf(bytes: Buffer): Frame {
  const text = bytes.toString('utf8');
  // Nearly every event is one line of data.
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2 && !text.includes('\r')) return { bytes, event: undefined, data: text.slice('data: '.length, -2) };
  let event: string | undefined;
  let data: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
  }
  return { bytes, event, data };
}
