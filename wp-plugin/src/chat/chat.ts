import { addStyles, el } from '../launcher/dom.ts';
import { buildPanel } from './panel.ts';
import { chatCss } from './styles.ts';
import { ChatError, type ChatConfig, type LauncherConfig } from './types.ts';

type Options = { isInline: boolean; onClose: () => void; config?: ChatConfig };

/** Puts the chat into a shadow root, closed. The texts and instructions are asked from the site when it is opened first, unless they are given. */
export function mount(root: ShadowRoot, launcher: LauncherConfig, { isInline, onClose, config: given }: Options) {
  addStyles(root, chatCss);
  const place = el('div');
  root.append(place);
  let focus: (() => void) | undefined;
  let isOpening = false;
  const close = () => {
    place.hidden = true;
    onClose();
  };
  return {
    close,
    open(): void {
      place.hidden = false;
      if (focus) return focus();
      if (isOpening) return undefined;
      isOpening = true;
      void (given ? Promise.resolve(given) : loadConfig(launcher))
        .then((config) => {
          focus = buildPanel(place, config, launcher, isInline ? undefined : close);
          if (!isInline) focus();
        })
        .catch(() => {
          place.replaceChildren(el('div', { class: 'note', role: 'alert' }, el('p', {}, launcher.failed)));
          setTimeout(() => place.replaceChildren(), 8_000);
          onClose();
        })
        .finally(() => (isOpening = false));
      return undefined;
    },
  };
}

async function loadConfig({ rest, locale }: LauncherConfig): Promise<ChatConfig> {
  const response = await fetch(`${rest}/chat/config${rest.includes('?') ? '&' : '?'}locale=${encodeURIComponent(locale)}`, { credentials: 'same-origin', cache: 'no-store' });
  if (!response.ok) throw new ChatError('unavailable');
  return (await response.json()) as ChatConfig;
}
