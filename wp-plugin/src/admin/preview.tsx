import { useEffect, useRef } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import type { ChatConfig, LauncherConfig } from '../chat/types.ts';
import type { Settings, Start } from './types.ts';

type Launcher = { dress: (host: HTMLElement, config: LauncherConfig) => ShadowRoot };
type Chat = { mount: (root: ShadowRoot, config: LauncherConfig, options: { isInline: boolean; onClose: () => void; config: ChatConfig }) => { open: () => void } };

/** The chat itself, as shoppers get it, with the settings as they are in the form. Questions are really asked. */
export function Preview({ start, settings }: { start: Start; settings: Settings }) {
  const place = useRef<HTMLDivElement>(null);
  const { name, greeting, accent, scheme, position, questions, voice, contact_email, contact_url } = settings;
  const look = JSON.stringify({ name, greeting, accent, scheme, position, questions, voice, contact_email, contact_url });
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      void show(start, settings).then((host) => {
        if (!isOver) place.current?.replaceChildren(host);
      });
    }, 250);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
    // `look` stands for the settings that can be seen.
  }, [look, start]);
  return (
    <div className="chatello-preview">
      <h2>{__('Preview', 'chatello')}</h2>
      <div ref={place} className="chatello-preview-place" />
      <p className="chatello-small">{__('This is the real chat: you can ask it something. Each question counts.', 'chatello')}</p>
    </div>
  );
}

async function show(start: Start, settings: Settings): Promise<HTMLElement> {
  const [{ dress }, { mount }] = (await Promise.all([import(/* webpackIgnore: true */ start.launcher), import(/* webpackIgnore: true */ start.chat)])) as [Launcher, Chat];
  const host = document.createElement('div');
  host.dataset['inline'] = '';
  // The theme's own colours are not there in wp-admin.
  for (const { slug, color } of start.colors) host.style.setProperty(`--wp--preset--color--${slug}`, color);
  const name = settings.name || start.preview.name;
  const launcher: LauncherConfig = { floating: false, name, label: name, accent: settings.accent, scheme: settings.scheme, position: settings.position, consent: null, failed: '', retention: 'tab', locale: start.locale, rest: start.rest, chat: start.chat };
  const config: ChatConfig = {
    ...start.preview,
    name,
    greeting: settings.greeting || start.preview.strings['defaultGreeting'] || '',
    questions: settings.questions.filter((question) => question.trim() !== ''),
    voice: settings.voice,
    contact: { email: settings.contact_email, url: settings.contact_url },
  };
  document.body.append(host);
  const root = dress(host, launcher);
  host.remove();
  mount(root, launcher, { isInline: true, onClose: () => undefined, config }).open();
  return host;
}
