import type { RequestHandler } from 'express';
import { AppError } from '../errors.ts';

/**
 * Reads the bytes of a body into `req.body`, which stays absent when there are none. Throws BODY_TOO_LARGE, and UNSUPPORTED_MEDIA_TYPE
 * for a compressed body: nobody needs one here, and a small one may unpack to gigabytes. It stands on the way of every request, at a
 * fraction of the cost of a general parser (npm run bench:validate).
 */
export function readBody(limitBytes: number): RequestHandler {
  return (req, res, next) => {
    // Otherwise the request would wait for bytes for ever.
    if (req.readableEnded) return next(new Error('the body was read by another parser, which must not stand in front of this one'));
    const { 'content-encoding': encoding = 'identity', 'content-length': declared = '0' } = req.headers;
    if (encoding !== 'identity') return next(new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, without Content-Encoding.', { field: 'headers.content-encoding' }));
    const refuse = () => {
      // What is still on its way is not read, so the connection cannot be used again.
      res.setHeader('Connection', 'close');
      next(new AppError('BODY_TOO_LARGE', `The body is too large; at most ${Math.floor(limitBytes / 1024)} KB fit.`, { field: 'body' }));
    };
    if (Number(declared) > limitBytes) return refuse();

    let body: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        stop();
        return refuse();
      }
      if (body === undefined) body = chunk;
      else (chunks ??= [body]).push(chunk);
      return undefined;
    };
    const finish = () => {
      stop();
      req.body = chunks ? Buffer.concat(chunks, size) : body;
      next();
    };
    const fail = (error: Error) => {
      stop();
      next(new AppError('INVALID_REQUEST', 'The request broke off before its body was complete.', { field: 'body', cause: error }));
    };
    const stop = () => {
      req.off('data', take).off('end', finish).off('error', fail);
    };
    req.on('data', take).on('end', finish).on('error', fail);
    return undefined;
  };
}
