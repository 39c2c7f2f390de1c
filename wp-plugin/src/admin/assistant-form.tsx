import { Button, Notice } from '@wordpress/components';
import { useEffect, useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { problemOf, readSettings, save } from './api.ts';
import { Preview } from './preview.tsx';
import { ProviderSection } from './provider-section.tsx';
import { BehaviourSection, KnowledgeSection, LookSection, PlaceSection, PrivacySection } from './sections.tsx';
import { problemText } from './texts.ts';
import type { Settings, Start, Status } from './types.ts';

type Props = { start: Start; status: Status; settings: Settings; onSettings: (settings: Settings) => void };

/** All settings of the assistant beside what they look like. Nothing changes on the site before "Save". */
export function AssistantForm({ start, status, settings, onSettings }: Props) {
  const [draft, setDraft] = useState(settings);
  const [providerKey, setProviderKey] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const [outcome, setOutcome] = useState<{ ok: boolean; text: string }>();
  const isChanged = JSON.stringify(draft) !== JSON.stringify(settings) || providerKey !== undefined;
  const set = (changes: Partial<Settings>) => {
    setOutcome(undefined);
    setDraft((before) => ({ ...before, ...changes }));
  };
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    if (isChanged) window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isChanged]);
  /** The server has forgotten the key: what the form says of it is put right, and nothing else. */
  function forget() {
    void readSettings().then(({ provider_handed }) => {
      onSettings({ ...settings, provider_handed });
      setDraft((before) => ({ ...before, provider_handed }));
    });
  }
  async function submit(event: { preventDefault: () => void }) {
    event.preventDefault();
    setIsBusy(true);
    try {
      const { provider_key_hint: _hint, provider_handed: _handed, ...fields } = draft;
      const saved = await save({ ...fields, questions: draft.questions.filter((question) => question.trim() !== ''), ...(providerKey === undefined ? {} : { provider_key: providerKey }) });
      onSettings(saved);
      setDraft(saved);
      setProviderKey(undefined);
      setOutcome({ ok: true, text: __('Saved. Shoppers see it with the next page they open.', 'chatello') });
    } catch (error) {
      setOutcome({ ok: false, text: problemText(problemOf(error)) });
    }
    setIsBusy(false);
  }
  return (
    <div className="chatello-columns is-wide">
      <form onSubmit={(event) => void submit(event)}>
        {!status.works && (
          <Notice status="warning" isDismissible={false}>
            {__('The assistant is not shown to shoppers until the licence is active. You can set it up already.', 'chatello')}
          </Notice>
        )}
        {status.works && !status.has_ai && draft.provider === '' && (
          <Notice status="warning" isDismissible={false}>
            {__('Your plan does not include AI answers. Enter a key of your own AI provider below, or upgrade the plan.', 'chatello')}
          </Notice>
        )}
        <LookSection start={start} draft={draft} set={set} />
        <PlaceSection status={status} draft={draft} set={set} />
        <BehaviourSection start={start} draft={draft} set={set} />
        <KnowledgeSection start={start} status={status} draft={draft} set={set} />
        <PrivacySection draft={draft} set={set} />
        <ProviderSection status={status} saved={settings} draft={draft} set={set} providerKey={providerKey} onProviderKey={setProviderKey} onRemoved={forget} />
        <div className="chatello-save">
          <Button variant="primary" type="submit" isBusy={isBusy} disabled={isBusy || !isChanged}>
            {isBusy ? __('Saving …', 'chatello') : __('Save', 'chatello')}
          </Button>
          {outcome && (
            <Notice status={outcome.ok ? 'success' : 'error'} isDismissible={false}>
              {outcome.text} {outcome.ok && <a href={start.home}>{__('Look at the site', 'chatello')}</a>}
            </Notice>
          )}
        </div>
      </form>
      <Preview start={start} settings={draft} />
    </div>
  );
}
