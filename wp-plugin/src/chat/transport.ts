import { readStream, type Answer } from './sse.ts';
import { ChatError, type ChatConfig, type Message, type ToolCall, type Trouble } from './types.ts';

type Ask = { messages: Message[]; signal: AbortSignal; onText: (text: string) => void };
export type Transport = { ask: (ask: Ask) => Promise<Answer>; transcribe: (recording: Blob, language: string) => Promise<string>; speak: (text: string, signal: AbortSignal) => Promise<ArrayBuffer>; post: <Body>(path: string, body: object, signal?: AbortSignal) => Promise<Body> };

const firstByteTimeoutMs = 30_000;

/**
 * Ways to the model, the shortest first: the server itself with a token for this visitor, then through the site as a stream, then
 * through the site in one piece. A way that cannot be gone is not tried again on this page.
 */
export function createTransport(rest: string, config: ChatConfig): Transport {
  let token = keptToken();
  let isDirect = config.api_url !== '';
  let isStreamed = true;

  async function post<Body>(path: string, body: object, signal?: AbortSignal): Promise<Body> {
    const response = await send(`${rest}${path}`, { body, signal });
    if (!response.ok) throw new ChatError(await troubleOf(response));
    return (await response.json()) as Body;
  }

  /** The token of this visitor, asked from the site where there is none yet; undefined where the site gives none. */
  async function tokenOf(signal: AbortSignal): Promise<string | undefined> {
    if (token !== undefined) return token;
    const response = await send(`${rest}/chat/token`, { body: {}, signal });
    const made = response.ok ? ((await response.json()) as Partial<KeptToken>) : {};
    if (made.token === undefined || made.expires_at === undefined) return undefined;
    keepToken({ token: made.token, expires_at: made.expires_at });
    return (token = made.token);
  }

  async function direct({ messages, signal, onText }: Ask, isSecondTry = false): Promise<Answer | undefined> {
    const visitor = await tokenOf(signal);
    if (visitor === undefined) return undefined;
    const body = { model: config.model, stream: true, messages, ...(config.tools.length > 0 ? { tools: config.tools } : {}) };
    const response = await send(`${config.api_url}/v1/chat/completions`, { body, signal, token: visitor }).catch((error: unknown) => {
      if (signal.aborted || !navigator.onLine) throw error;
      return undefined;
    });
    if (response?.status === 401 && !isSecondTry) {
      token = undefined;
      return direct({ messages, signal, onText }, true);
    }
    if (response?.status === 429) throw new ChatError(await troubleOf(response));
    return response?.ok && response.body ? readStream(response.body, onText) : undefined;
  }

  async function relayed({ messages, signal, onText }: Ask): Promise<Answer> {
    if (isStreamed) {
      const response = await send(`${rest}/chat/completions`, { body: { messages, stream: true }, signal });
      if (response.ok && response.body && response.headers.get('content-type')?.startsWith('text/event-stream')) return readStream(response.body, onText);
      if (response.ok) return wholeAnswer(await response.json(), onText);
      const trouble = await troubleOf(response);
      if (trouble !== 'unavailable' || response.status === 503) throw new ChatError(trouble);
      isStreamed = false;
    }
    return wholeAnswer(await post('/chat/completions', { messages, stream: false }, signal), onText);
  }

  return {
    post,
    async transcribe(recording, language) {
      const form = new FormData();
      form.append('language', language.slice(0, 2));
      form.append('file', recording, `speech.${/audio\/(\w+)/.exec(recording.type)?.[1] ?? 'webm'}`);
      const response = await fetch(`${rest}/chat/transcribe`, { method: 'POST', body: form, credentials: 'same-origin', cache: 'no-store' });
      if (!response.ok) throw new ChatError(await troubleOf(response));
      return ((await response.json()) as { text: string }).text;
    },
    async speak(text, signal) {
      const visitor = isDirect ? await tokenOf(signal) : undefined;
      if (visitor !== undefined) {
        const response = await send(`${config.api_url}/v1/audio/speech`, { body: { ...config.speech, input: text }, signal, token: visitor }).catch(() => undefined);
        if (response?.ok) return response.arrayBuffer();
        if (response?.status === 429) throw new ChatError(await troubleOf(response));
        signal.throwIfAborted();
      }
      const response = await send(`${rest}/chat/speech`, { body: { text }, signal });
      if (!response.ok) throw new ChatError(await troubleOf(response));
      return response.arrayBuffer();
    },
    async ask(ask) {
      if (isDirect) {
        const answer = await direct(ask);
        if (answer) return answer;
        isDirect = false;
      }
      return relayed(ask);
    },
  };
}

type KeptToken = { token: string; expires_at: string };
const tokenName = 'chatello-token';
const leastLeftMs = 15_000;

/** The token of this tab, if it is good for a while yet: a visitor who opens many pages needs few. */
function keptToken(): string | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(tokenName) ?? 'null') as KeptToken | null;
    return kept && Date.parse(kept.expires_at) - Date.now() > leastLeftMs ? kept.token : undefined;
  } catch {
    return undefined;
  }
}

function keepToken(made: KeptToken): void {
  try {
    sessionStorage.setItem(tokenName, JSON.stringify(made));
  } catch {
    // Without storage the next page asks for its own.
  }
}

async function send(url: string, { body, signal, token }: { body: object; signal?: AbortSignal | undefined; token?: string }): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), firstByteTimeoutMs);
  const stop = () => timeout.abort();
  signal?.addEventListener('abort', stop);
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      credentials: token === undefined ? 'same-origin' : 'omit',
      cache: 'no-store',
      signal: timeout.signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ChatError(navigator.onLine ? 'unavailable' : 'offline');
  } finally {
    clearTimeout(timer);
  }
}

function wholeAnswer(body: unknown, onText: (text: string) => void): Answer {
  const choice = (body as { choices?: { message?: { content?: string | null; tool_calls?: ToolCall[] }; finish_reason?: string }[] }).choices?.[0];
  if (!choice?.message) throw new ChatError('unavailable');
  const text = choice.message.content ?? '';
  if (text !== '') onText(text);
  return { text, calls: choice.message.tool_calls ?? [], finish: choice.finish_reason ?? 'stop' };
}

/** What a refusal means to a shopper: the plugin's errors have a code at the top, the server's one level down. */
async function troubleOf(response: Response): Promise<Trouble> {
  const body = (await response.json().catch(() => ({}))) as { code?: string; error?: { code?: string; type?: string } };
  const code = `${body.code ?? ''} ${body.error?.code ?? ''} ${body.error?.type ?? ''}`;
  if (response.status === 413 || /CONTEXT_TOO_LONG|context_length/i.test(code)) return 'tooLong';
  if (/quota/i.test(code)) return 'quota';
  return response.status === 429 ? 'slow' : 'unavailable';
}
