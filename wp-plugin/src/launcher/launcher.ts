import type { LauncherConfig } from '../chat/types.ts';
import { addStyles, el, icon, inkOn, shadowOf } from './dom.ts';

type Chat = { close: () => void };
type ChatModule = { mount: (root: ShadowRoot, config: LauncherConfig, options: { isInline: boolean; onClose: () => void }) => Chat & { open: () => void } };

const consentName = 'chatello-consent';
const bubble = 'M12 3C6.5 3 2 6.8 2 11.5c0 2.4 1.2 4.6 3.1 6.1-.1 1.2-.6 2.4-1.5 3.4 1.9-.1 3.7-.8 5.1-1.8 1 .3 2.1.4 3.3.4 5.5 0 10-3.8 10-8.5S17.500 3 12 3z';

const css = `
:host{all:initial;--accent:var(--chatello-accent,var(--wp--preset--color--primary,var(--wp--preset--color--contrast,var(--wp--preset--color--accent,#1a4d7a))));--ink:#fff;
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color-scheme:light dark}
:host([data-scheme=light]){color-scheme:light}:host([data-scheme=dark]){color-scheme:dark}
*{box-sizing:border-box}[hidden]{display:none!important}
button{font:inherit;cursor:pointer}
:focus-visible{outline:3px solid light-dark(#111,#fff);outline-offset:2px;box-shadow:0 0 0 2px light-dark(#fff,#111)}
.launch{position:fixed;z-index:99990;bottom:max(20px,env(safe-area-inset-bottom));inset-inline-end:20px;width:60px;height:60px;border:0;border-radius:30px;background:var(--accent);color:var(--ink);display:grid;place-items:center;box-shadow:0 4px 16px #0005}
:host([data-position=left]) .launch{inset-inline:20px auto}
.launch svg{fill:currentColor;width:30px;height:30px}
.launch[aria-busy=true] svg{animation:pulse 1s infinite alternate}
@keyframes pulse{to{opacity:.35}}
@media (prefers-reduced-motion:reduce){.launch[aria-busy=true] svg{animation:none;opacity:.6}}
@media print{:host{display:none}}
.note{position:fixed;z-index:99991;bottom:92px;inset-inline-end:20px;width:min(340px,calc(100vw - 40px));padding:16px;border-radius:14px;background:light-dark(#fff,#1d1f23);color:light-dark(#1c1d20,#f2f2f4);box-shadow:0 8px 32px #0006}
:host([data-position=left]) .note{inset-inline:20px auto}
:host([data-inline]) .note{position:static;width:auto;box-shadow:none;border:1px solid light-dark(#ccc,#555)}
.note p{margin:0 0 12px}
.note button{min-height:44px;padding:8px 16px;border-radius:10px;border:1px solid light-dark(#767676,#999);background:none;color:inherit;margin-inline-end:8px}
.note .agree{background:var(--accent);color:var(--ink);border-color:transparent}`;

function start(config: LauncherConfig): void {
  if (config.floating) float(config);
  for (const host of document.querySelectorAll<HTMLElement>('[data-chatello-inline]')) inline(config, host);
}

/** Gives a host element its shadow root with colours that can be read on each other. */
export function dress(host: HTMLElement, config: LauncherConfig): ShadowRoot {
  host.dataset['scheme'] = config.scheme;
  host.dataset['position'] = config.position;
  const root = shadowOf(host, css);
  if (config.accent !== '') addStyles(root, `:host{--accent:${config.accent}}`);
  const probe = el('span', { hidden: true });
  addStyles(root, 'span[hidden]{color:var(--accent)}');
  root.append(probe);
  const ink = inkOn(getComputedStyle(probe).color);
  probe.remove();
  addStyles(root, `:host{--ink:${ink}}`);
  return root;
}

function float(config: LauncherConfig): void {
  const host = el('div', { id: 'chatello' });
  document.body.append(host);
  const root = dress(host, config);
  let chat: (Chat & { open: () => void }) | undefined;
  const button = el('button', { class: 'launch', type: 'button', 'aria-label': config.label, 'aria-expanded': 'false', 'aria-haspopup': 'dialog', onclick: () => void open() }, icon(bubble));
  root.append(button);
  const show = (isOpen: boolean) => {
    button.setAttribute('aria-expanded', String(isOpen));
    if (!isOpen) button.focus();
  };
  async function open(): Promise<void> {
    if (button.getAttribute('aria-expanded') === 'true') return chat?.close();
    if (!(await hasConsent(root, config))) return button.focus();
    chat ??= await load(root, config, { isInline: false, onClose: () => show(false) }, button);
    if (!chat) return;
    chat.open();
    show(true);
  }
}

function inline(config: LauncherConfig, host: HTMLElement): void {
  host.dataset['inline'] = '';
  const root = dress(host, config);
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    watch.disconnect();
    void hasConsent(root, config).then(async (agreed) => {
      if (agreed) (await load(root, config, { isInline: true, onClose: () => undefined }))?.open();
    });
  });
  watch.observe(host);
}

/** True at once where nothing is asked or the visitor has agreed before; until then nothing is loaded or sent. */
async function hasConsent(root: ShadowRoot, { consent }: LauncherConfig): Promise<boolean> {
  if (!consent || stored() === '1') return true;
  root.querySelector('.note')?.remove();
  return new Promise((resolve) => {
    const answer = (agreed: boolean) => {
      if (agreed) store();
      note.remove();
      resolve(agreed);
    };
    const agree = el('button', { class: 'agree', type: 'button', onclick: () => answer(true) }, consent.agree);
    const note = el('div', { class: 'note', role: 'dialog', 'aria-label': consent.agree }, el('p', {}, consent.text), agree, el('button', { type: 'button', onclick: () => answer(false) }, consent.cancel));
    note.addEventListener('keydown', ({ key }) => key === 'Escape' && answer(false));
    root.append(note);
    if (root.host.id === 'chatello') agree.focus();
  });
}

async function load(root: ShadowRoot, config: LauncherConfig, options: { isInline: boolean; onClose: () => void }, button?: HTMLElement) {
  root.querySelector('.note')?.remove();
  button?.setAttribute('aria-busy', 'true');
  try {
    const module = (await import(/* webpackIgnore: true */ config.chat)) as ChatModule;
    return module.mount(root, config, options);
  } catch {
    root.append(el('div', { class: 'note', role: 'alert' }, el('p', {}, config.failed)));
    return undefined;
  } finally {
    button?.removeAttribute('aria-busy');
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(consentName);
  } catch {
    return null;
  }
}

function store(): void {
  try {
    localStorage.setItem(consentName, '1');
  } catch {
    // Asked again on the next page, then.
  }
}

const data = document.getElementById('chatello-config')?.textContent;
if (data) start(JSON.parse(data) as LauncherConfig);
