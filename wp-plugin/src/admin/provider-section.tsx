import { Button, Notice, RadioControl, SelectControl, TextControl } from '@wordpress/components';
import { useEffect, useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { problemOf, readProviderKeys, removeProviderKey } from './api.ts';
import { Part } from './sections.tsx';
import { day, problemText } from './texts.ts';
import type { ProviderKeys, Settings, Status } from './types.ts';

const names: Record<string, string> = { openai: 'OpenAI', anthropic: 'Anthropic', deepseek: 'DeepSeek', 'openai-compatible': 'OpenAI-compatible' };
type Props = { status: Status; saved: Settings; draft: Settings; set: (changes: Partial<Settings>) => void; providerKey: string | undefined; onProviderKey: (key: string | undefined) => void; onRemoved: () => void };

/** The owner's own account at an AI provider, and who keeps its key: this site, or the licence server. */
export function ProviderSection({ status, saved, draft, set, providerKey, onProviderKey, onRemoved }: Props) {
  const isAtServer = draft.provider_place === 'server';
  const isStored = draft.provider === saved.provider && (isAtServer ? saved.provider_handed : saved.provider_key_hint !== '');
  const isMoving = isAtServer && saved.provider_key_hint !== '' && draft.provider === saved.provider;
  const keyHelp = isMoving
    ? __('The key that is stored on this site goes to the server when you save, and is forgotten here. Or enter another one.', 'chatello')
    : isStored
      ? __('A key is stored, encrypted. Enter another one to replace it.', 'chatello')
      : isAtServer
        ? __('Tested and stored encrypted by the licence server, and never shown again.', 'chatello')
        : __('Stored encrypted on this site, used by this site only, and never shown again.', 'chatello');
  return (
    <Part title={__('Own AI provider', 'chatello')}>
      <p>{status.has_ai ? __('Not needed: your plan includes the answers.', 'chatello') : __('Your plan answers through an account of your own at an AI provider.', 'chatello')}</p>
      <SelectControl
        label={__('Provider', 'chatello')}
        value={draft.provider}
        options={[
          { value: '', label: __('None', 'chatello') },
          { value: 'openai', label: 'OpenAI' },
          { value: 'anthropic', label: 'Anthropic' },
          { value: 'deepseek', label: 'DeepSeek' },
        ]}
        onChange={(provider) => set({ provider })}
      />
      {draft.provider !== '' && (
        <>
          <RadioControl
            label={__('Who keeps the key', 'chatello')}
            selected={draft.provider_place}
            options={[
              { value: 'site', label: __('This site', 'chatello') },
              { value: 'server', label: __('The licence server', 'chatello') },
            ]}
            help={isAtServer ? __('It keeps the key encrypted and uses it for every site of this licence, until you remove it here. Answers go to the shopper directly; with OpenAI, recordings and spoken answers work too.', 'chatello') : __('No other server gets the key. Answers pass through your web server; there are no recordings and no spoken answers.', 'chatello')}
            onChange={(place) => set({ provider_place: place as Settings['provider_place'] })}
          />
          <TextControl label={__('API key', 'chatello')} type="password" autoComplete="off" value={providerKey ?? ''} placeholder={!isAtServer && isStored ? `…${draft.provider_key_hint}` : ''} help={keyHelp} onChange={(key) => onProviderKey(key === '' ? undefined : key)} />
          <TextControl label={__('Model', 'chatello')} help={__('Empty: a small, quick one.', 'chatello')} value={draft.model} onChange={(model) => set({ model: model.trim() })} />
        </>
      )}
      {status.works && (draft.provider !== '' || saved.provider_handed) && <KeysAtServer key={`${saved.provider} ${saved.provider_place} ${saved.provider_handed}`} onRemoved={onRemoved} />}
    </Part>
  );
}

/** What the licence server has, with the way to have it forgotten. Nothing where it has no key. */
function KeysAtServer({ onRemoved }: { onRemoved: () => void }) {
  const [found, setFound] = useState<ProviderKeys>();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState('');
  useEffect(() => {
    readProviderKeys().then(setFound, (error: unknown) => setProblem(problemText(problemOf(error))));
  }, []);
  async function remove(provider: string) {
    setProblem('');
    setBusy(provider);
    try {
      setFound(await removeProviderKey(provider));
      onRemoved();
    } catch (error) {
      setProblem(problemText(problemOf(error)));
    }
    setBusy('');
  }
  return (
    <>
      {problem && (
        <Notice status="warning" isDismissible={false}>
          {problem}
        </Notice>
      )}
      {found?.keys.map(({ provider, key_hint, updated_at }) => (
        <div key={provider} className="chatello-server-key">
          <span>{sprintf(/* translators: 1: name of an AI provider, 2: last characters of a key, 3: date */ __('At the licence server: %1$s …%2$s, since %3$s', 'chatello'), names[provider] ?? provider, key_hint, day(updated_at))}</span>
          <Button variant="secondary" size="compact" isDestructive isBusy={busy === provider} disabled={busy !== ''} onClick={() => void remove(provider)}>
            {__('Remove it there', 'chatello')}
          </Button>
        </div>
      ))}
    </>
  );
}
