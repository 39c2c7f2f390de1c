import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Sends a file that is made while it goes out, no faster than the receiver takes it. When the receiver leaves, the making ends and nothing is
 * thrown. When the making fails, the answer is cut off, so that nobody takes half a file for a whole one, and the failure is thrown.
 */
export async function sendFile(res: Response, { name, type, chunks }: { name: string; type: string; chunks: AsyncIterable<string> }): Promise<void> {
  res.attachment(name).set('Content-Type', type);
  try {
    await pipeline(Readable.from(chunks, { objectMode: false }), res);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
