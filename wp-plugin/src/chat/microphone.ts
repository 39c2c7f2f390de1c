import { el, icon } from '../launcher/dom.ts';
import type { Transport } from './transport.ts';
import type { ChatConfig } from './types.ts';
import { canListen, canRecord, listen, record } from './voice.ts';

const picture = 'M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 12a6 6 0 0 0 12 0M12 18v3';

type Parts = { field: HTMLTextAreaElement; /** Says where the audio goes, while it goes there. */ note: HTMLElement; status: HTMLElement };

/**
 * The button for speaking: by the browser's own recognition, or else by a recording that the shop has turned into text. Undefined where
 * neither can be. What was understood is put into the field, for the shopper to send.
 */
export function microphone(config: ChatConfig, transport: Transport, language: string, { field, note, status }: Parts): HTMLElement | undefined {
  const text = (name: string) => config.strings[name] ?? name;
  const way = !config.voice ? undefined : canListen() ? 'listen' : config.transcribes && canRecord() ? 'record' : undefined;
  if (way === undefined) return undefined;
  const usual = [field.placeholder, note.textContent] as const;
  let stop: (() => void) | undefined;
  const button = el('button', { class: 'tool', type: 'button', 'aria-label': text('speak'), title: text('speak'), 'aria-pressed': 'false', onclick: () => (stop ? stop() : start()) }, icon(picture));

  function start(): void {
    button.setAttribute('aria-pressed', 'true');
    note.textContent = text(way === 'listen' ? 'audioNote' : 'recordNote');
    field.placeholder = text('listening');
    status.textContent = `${text('listening')} ${note.textContent}`;
    stop = way === 'listen' ? listen(language, (heard) => (field.value = heard), finish) : record((recording) => void transcribe(recording));
  }

  async function transcribe(recording: Blob | undefined): Promise<void> {
    button.setAttribute('aria-pressed', 'false');
    button.setAttribute('aria-busy', 'true');
    field.placeholder = text('transcribing');
    const heard = recording && (await transport.transcribe(recording, language).catch(() => ''));
    button.removeAttribute('aria-busy');
    if (heard) field.value = heard;
    finish(Boolean(heard));
  }

  function finish(understood: boolean): void {
    stop = undefined;
    button.setAttribute('aria-pressed', 'false');
    [field.placeholder, note.textContent] = usual;
    if (!understood) field.placeholder = text('audioFailed');
    status.textContent = understood ? field.value : text('audioFailed');
    field.focus();
  }
  return button;
}
