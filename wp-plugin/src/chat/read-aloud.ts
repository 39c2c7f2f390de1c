import { el } from '../launcher/dom.ts';
import type { Transport } from './transport.ts';
import { ChatError, type ChatConfig } from './types.ts';
import { canSpeak, createPlayer, hasVoice, speak } from './voice.ts';

const maxCharacters = 2_000;
/** What is being read: one answer at a time. */
let current: AbortController | undefined;

/**
 * The button that has an answer read aloud, with a line that says where its text goes: by the browser's own voice, or else by the shop's
 * AI service. Nothing is read or sent before the click. Empty where neither can be.
 */
export function readAloud(answer: string, config: ChatConfig, transport: Transport, language: string): HTMLElement[] {
  if (!config.voice || !(canSpeak() || config.speech)) return [];
  hasVoice();
  const text = (name: string) => config.strings[name] ?? name;
  const note = el('p', { class: 'small', role: 'status' });
  const button = el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => (reading ? reading.abort() : void start()) }, text('readAloud'));
  let reading: AbortController | undefined;
  return [button, note];

  async function start(): Promise<void> {
    current?.abort();
    const { signal } = (current = reading = new AbortController());
    const player = config.speech ? createPlayer() : undefined;
    let failure = '';
    button.setAttribute('aria-pressed', 'true');
    button.textContent = text('stopReading');
    try {
      const isByBrowser = hasVoice() || !player;
      if (isByBrowser) note.textContent = text('voiceNote');
      const isRead = isByBrowser && (await speak(answer, language, signal));
      if (!isRead && player) await byServer(player, signal);
      else if (!isRead) failure = 'speechFailed';
    } catch (error) {
      if (!signal.aborted) failure = error instanceof ChatError && error.trouble === 'quota' ? 'quota' : 'speechFailed';
    }
    player?.close();
    reading = undefined;
    button.setAttribute('aria-pressed', 'false');
    button.removeAttribute('aria-busy');
    button.textContent = text('readAloud');
    note.textContent = failure && text(failure);
  }

  async function byServer(player: ReturnType<typeof createPlayer>, signal: AbortSignal): Promise<void> {
    button.setAttribute('aria-busy', 'true');
    note.textContent = `${text('fetchingVoice')} ${text('speechNote')}`;
    const sound = await transport.speak(answer.slice(0, maxCharacters), signal);
    button.removeAttribute('aria-busy');
    note.textContent = text('speechNote');
    await player.play(sound, signal);
  }
}
