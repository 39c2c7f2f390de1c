import { request } from 'node:http';
import { randomInt } from 'node:crypto';
import { modelOf } from './broken-upstream.ts';

/** How a client behaves. */
export const manners = ['stays', 'leaves at once', 'leaves before the first byte', 'leaves in mid-stream', 'stops reading'] as const;
export type Manner = (typeof manners)[number];
export type Question = { number: number; endpoint: 'chat.completions' | 'messages' | 'chat'; provider: string; fault: string; manner: Manner };
/** `cut`: the connection closed with neither an end nor an error. `leftAt` in epoch ms. */
export type Outcome = { how: 'ended' | 'failed' | 'refused' | 'cut' | 'left' | 'hung'; status: number | undefined; leftAt: number | undefined };

const paths = { 'chat.completions': '/v1/chat/completions', messages: '/v1/messages', chat: '/api/chat' };
const notReadMs = 6_000;

/** Asks for one stream and says how it ended for the client. `hangMs`: after this long it hangs. */
export function askForStream(url: string, key: string, question: Question, hangMs: number): Promise<Outcome> {
  const { number, endpoint, provider, fault, manner } = question;
  const model = modelOf(fault);
  const messages = [{ role: 'user', content: `Which shoes go with rain? #${number}#` }];
  const body = JSON.stringify(endpoint === 'chat' ? { api_provider: provider, model, stream: true, messages } : { model: `${provider}/${model}`, stream: true, max_tokens: 50, messages });
  return new Promise((resolve) => {
    let text = '';
    let status: number | undefined;
    let leftAt: number | undefined;
    const done = (how: Outcome['how']) => {
      clearTimeout(hanging);
      call.destroy();
      resolve({ how, status, leftAt });
    };
    const leave = () => {
      leftAt = Date.now();
      done('left');
    };
    const over = () => done(status !== undefined && status >= 400 ? (/not asked just now/.test(text) ? 'refused' : 'failed') : isError(text) ? 'failed' : isWhole(text) ? 'ended' : 'cut');
    const hanging = setTimeout(() => done('hung'), hangMs);
    // From many addresses, as visitors of many sites are; otherwise the limit for one address would set the pace.
    const headers = { 'Content-Type': 'application/json', 'X-License-Key': key, 'X-Forwarded-For': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`, Connection: 'close' };
    const call = request(url + paths[endpoint], { method: 'POST', headers, agent: false }, (answer) => {
      status = answer.statusCode;
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        if (manner === 'leaves in mid-stream') return leave();
        const isFirst = text === '';
        // What is not looked at need not be kept.
        text = (text + piece).slice(-200_000);
        if (manner !== 'stops reading' || !isFirst) return;
        answer.pause();
        setTimeout(() => answer.resume(), notReadMs);
      });
      answer.once('close', over);
    });
    call.on('error', () => (status === undefined ? done('cut') : over()));
    if (manner === 'leaves at once') call.once('finish', () => setImmediate(leave));
    if (manner === 'leaves before the first byte') call.once('finish', () => setTimeout(() => status === undefined && leave(), randomInt(20, 200)));
    call.end(body);
  });
}

function isError(text: string): boolean {
  return /^data: \{"(error":|type":"error")/m.test(text);
}

function isWhole(text: string): boolean {
  return text.endsWith('data: [DONE]\n\n') || text.endsWith('data: {"type":"message_stop"}\n\n');
}
