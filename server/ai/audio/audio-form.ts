import type { Request } from 'express';
import { AppError } from '../../errors.ts';

/** A form with a recording. */
export type AudioForm = {
  model: string;
  isStream: boolean;
  fileBytes: number;
  /** The beginning of the recording. */
  start: Buffer;
  /** The form as it came; written anew only when the model has another name at the provider. */
  withModel(model: string): Promise<{ bytes: Buffer; contentType: string }>;
};

const maxModelLength = 200;
const startBytes = 64;
/** Read by us, so nobody may read another one in its place. */
const readFields = ['model', 'stream', 'file'];

/** Reads the form of a transcription. Throws UNSUPPORTED_MEDIA_TYPE, and INVALID_REQUEST that names what is missing. */
export async function readAudioForm(req: Request, bytes: Buffer): Promise<AudioForm> {
  const contentType = req.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the recording as multipart/form-data.', { field: 'headers.content-type' });
  const form = await parse(bytes, contentType);
  for (const name of readFields) if (form.getAll(name).length > 1) throw missing(name, 'stands there more than once');
  const model = form.get('model');
  if (typeof model !== 'string' || model === '' || model.length > maxModelLength) throw missing('model', 'name the model that transcribes');
  const file = form.get('file');
  if (!(file instanceof File) || file.size === 0) throw missing('file', 'send the recording as a file');
  return {
    model,
    isStream: form.get('stream') === 'true',
    fileBytes: file.size,
    start: Buffer.from(await file.slice(0, startBytes).arrayBuffer()),
    async withModel(name) {
      if (name === model) return { bytes, contentType };
      form.set('model', name);
      const encoded = new Response(form);
      return { bytes: Buffer.from(await encoded.arrayBuffer()), contentType: encoded.headers.get('content-type') ?? '' };
    },
  };
}

async function parse(bytes: Buffer, contentType: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData();
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not a whole multipart form.', { field: 'body', cause: error });
  }
}

function missing(name: string, problem: string): AppError {
  return new AppError('INVALID_REQUEST', `body.${name}: ${problem}`, { field: `body.${name}` });
}
