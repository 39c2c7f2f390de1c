const maxLineBytes = 1024 * 1024;
const maxBodyBytes = 64 * 1024 * 1024;
const longestMarker = 32;
const doneMarker = /(?:^|\n)data: ?\[DONE\]/;
const newline = 0x0a;

type EndMarker = { seen: boolean };
const endMarkers = new WeakMap<Response, EndMarker>();

/** Whether the `data: [DONE]` line of this response has been read: the SDKs end a truncated stream as silently as a whole one. */
export function hasEnded(response: Response): boolean {
  return endMarkers.get(response)?.seen ?? false;
}

/**
 * fetch for the SDKs. Redirects are refused, since the SDK's key header would follow them to wherever they point. A body is bounded in
 * all and by line, so that no upstream can fill the memory, and its end marker is noted for hasEnded.
 */
export async function upstreamFetch(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'error' });
  if (!answer.ok || !answer.body) return answer;
  const marker: EndMarker = { seen: false };
  const response = new Response(ReadableStream.from(watched(answer.body, marker)), { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  endMarkers.set(response, marker);
  return response;
}

async function* watched(body: NonNullable<Response['body']>, marker: EndMarker): AsyncGenerator<Uint8Array> {
  let total = 0;
  let line = 0;
  let tail = '';
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lastNewline = bytes.lastIndexOf(newline);
    total += bytes.length;
    line = lastNewline === -1 ? line + bytes.length : bytes.length - lastNewline - 1;
    if (total > maxBodyBytes || line > maxLineBytes) throw new Error('the answer is too large');
    if (!marker.seen) {
      const text = tail + bytes.toString('latin1');
      marker.seen = doneMarker.test(text);
      tail = text.slice(-longestMarker);
    }
    yield chunk;
  }
}
