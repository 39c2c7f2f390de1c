import { AppError } from '../errors.ts';

const maxDepth = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a request body. Throws INVALID_JSON for bytes that are not UTF-8, text that is not JSON, and nesting that later code could not stringify. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (error) {
    throw new AppError('INVALID_JSON', 'The body is not valid UTF-8.', { field: 'body', cause: error });
  }
  if (depthOf(text) > maxDepth) throw new AppError('INVALID_JSON', `The body nests deeper than ${maxDepth} levels.`, { field: 'body' });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_JSON', 'The body is not valid JSON.', { field: 'body', cause: error });
  }
}

/** An upper bound of the nesting: brackets inside strings are skipped. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === 92) index += 1;
      else if (char === 34) inString = false;
    } else if (char === 34) inString = true;
    else if (char === 91 || char === 123) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === 93 || char === 125) depth -= 1;
  }
  return deepest;
}
