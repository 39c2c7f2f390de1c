import { Button, Card, CardBody, TextareaControl, TextControl } from '@wordpress/components';
import { useEffect, useRef, useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { save } from './api.ts';
import { KeyForm } from './key-form.tsx';
import { Preview } from './preview.tsx';
import type { Settings, Start, Status } from './types.ts';

type Props = { start: Start; status: Status; settings: Settings; onStatus: (status: Status) => void; onSettings: (settings: Settings) => void; onDone: () => void };

/** From the key to the first answer in three steps. */
export function Guide({ start, status, settings, onStatus, onSettings, onDone }: Props) {
  const [step, setStep] = useState(status.state === 'active' ? 2 : 1);
  const [draft, setDraft] = useState(settings);
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // The first heading is not focused: the page has just been opened.
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [step]);
  const titles = [__('Enter your key', 'chatello'), __('Meet your assistant', 'chatello'), __('Done', 'chatello')];
  async function keep() {
    onSettings({ ...(await save({ name: draft.name, greeting: draft.greeting })), guide_done: false });
    setStep(3);
  }
  return (
    <div className="chatello-guide">
      <ol className="chatello-steps" aria-label={__('Steps', 'chatello')}>
        {titles.map((title, index) => (
          <li key={title} className={index + 1 < step ? 'is-done' : ''} aria-current={index + 1 === step ? 'step' : undefined}>
            <span aria-hidden="true">{index + 1 < step ? '✓' : index + 1}</span> {title}
          </li>
        ))}
      </ol>
      <Card>
        <CardBody>
          <p className="chatello-small">{sprintf(/* translators: 1: number of this step, 2: number of steps */ __('Step %1$d of %2$d', 'chatello'), step, titles.length)}</p>
          <h2 ref={heading} tabIndex={-1}>
            {titles[step - 1]}
          </h2>
          {step === 1 && (
            <KeyForm
              status={status}
              onStatus={(next) => {
                onStatus(next);
                if (next.state === 'active') setStep(2);
              }}
            />
          )}
          {step === 2 && (
            <div className="chatello-columns is-wide">
              <div>
                <p>{status.has_shop ? __('It knows your products and pages already. Give it a name and a first sentence, and try it.', 'chatello') : __('It knows your pages already. Give it a name and a first sentence, and try it.', 'chatello')}</p>
                <TextControl label={__('Name', 'chatello')} value={draft.name} placeholder={start.preview.name} maxLength={60} onChange={(name) => setDraft({ ...draft, name })} />
                <TextareaControl label={__('Greeting', 'chatello')} value={draft.greeting} placeholder={start.preview.strings['defaultGreeting'] ?? ''} rows={2} maxLength={600} onChange={(greeting) => setDraft({ ...draft, greeting })} />
                <Button variant="primary" onClick={() => void keep()}>
                  {__('Continue', 'chatello')}
                </Button>
              </div>
              <Preview start={start} settings={draft} />
            </div>
          )}
          {step === 3 && (
            <>
              <p>{__('The assistant is on your site: the round button at the bottom of each page.', 'chatello')}</p>
              <div className="chatello-actions">
                <Button variant="primary" href={start.home} target="_blank">
                  {__('Look at the site', 'chatello')}
                </Button>
                <Button variant="secondary" onClick={onDone}>
                  {__('All settings', 'chatello')}
                </Button>
              </div>
            </>
          )}
        </CardBody>
      </Card>
    </div>
  );
}
