import { PassThrough } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';

export type Upload = { stream: AsyncIterable<Uint8Array>; fileName: string };

const limits = { fields: 20, fieldSize: 10_000, files: 1, parts: 25, headerPairs: 20 };

/**
 * Reads the fields of a form up to its file, and hands the file over as it comes (uploadOf): the fields, the token of the form among them,
 * have to stand before it. Whatever is no multipart form is left to others. A connection that breaks ends the file with an error.
 */
export const takeUpload: RequestHandler = (req, res, next) => {
  const type = req.headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('multipart/form-data')) return next();
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({ headers: { ...req.headers, 'content-type': type }, limits });
  } catch (error) {
    return next(new AppError('INVALID_REQUEST', 'The form could not be read.', { cause: error }));
  }
  const fields: Record<string, string> = {};
  let isHandedOver = false;
  const goOn = (error?: unknown) => {
    if (isHandedOver) return;
    isHandedOver = true;
    req.body = fields;
    // Whoever refuses the form does not read the rest of it.
    res.setHeader('Connection', 'close');
    if (error === undefined) next();
    else next(new AppError('INVALID_REQUEST', 'The form could not be read.', { cause: error }));
  };
  parser.on('field', (name, value) => (fields[name] = value));
  parser.on('file', (_name, file, fileName) => {
    const stream = new PassThrough();
    file.pipe(stream);
    file.on('error', (error) => stream.destroy(error));
    req.once('close', () => {
      if (!req.complete) stream.destroy(new AppError('INVALID_REQUEST', 'The connection broke off before the file was here.'));
    });
    res.locals['upload'] = { stream, fileName: fileName ?? '' } satisfies Upload;
    goOn();
  });
  parser.on('finish', () => goOn());
  parser.on('error', (error: unknown) => goOn(error));
  req.pipe(parser);
  return undefined;
};

/** The file of a form that takeUpload has read. */
export function uploadOf(res: Response): Upload | undefined {
  return res.locals['upload'] as Upload | undefined;
}
