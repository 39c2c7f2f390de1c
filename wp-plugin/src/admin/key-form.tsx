import { Button, Notice, TextControl } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { activate, problemOf } from './api.ts';
import { SiteList } from './site-list.tsx';
import { problemText } from './texts.ts';
import type { Problem, Status } from './types.ts';

/** Where the key goes in: as it was pasted; the plugin tidies it. */
export function KeyForm({ status, onStatus }: { status: Status; onStatus: (status: Status) => void }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [released, setReleased] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const isStored = status.state === 'refused' && status.code === 'SITE_NOT_ACTIVATED';
  const isGiven = status.key_source === 'constant' || status.key_source === 'network' || isStored;
  const isFull = problem?.code === 'DOMAIN_LIMIT_REACHED' || problem?.code === 'DOMAIN_MISMATCH';
  const givenText = { constant: __('The key comes from CHATELLO_LICENSE_KEY in wp-config.php.', 'chatello'), network: __('The key comes from the network of sites.', 'chatello'), site: __('The key is still stored on this site:', 'chatello'), none: '' }[status.key_source];
  async function submit(event: { preventDefault: () => void }) {
    event.preventDefault();
    setProblem(undefined);
    setReleased('');
    setIsBusy(true);
    try {
      onStatus(await activate(isGiven ? undefined : key));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setIsBusy(false);
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="chatello-key-form">
      {isGiven ? (
        <p>
          {givenText} <code>…{status.key_hint}</code>
        </p>
      ) : (
        <TextControl label={__('Licence key', 'chatello')} help={__('It is in your purchase e-mail. Spaces and small letters do not matter.', 'chatello')} placeholder="CHA-XXXX-XXXX-XXXX-XXXX" value={key} onChange={(typed) => {
            setKey(typed);
            setProblem(undefined);
          }} autoComplete="off" spellCheck={false} required />
      )}
      {problem && (
        <Notice status="error" isDismissible={false}>
          {problemText(problem)}
        </Notice>
      )}
      {isFull && <SiteList {...(isGiven ? {} : { licenseKey: key })} onReleased={setReleased} />}
      {released && (
        <Notice status="success" isDismissible={false}>
          {sprintf(/* translators: %s: address of a site */ __('%s is released. Press “Activate” to use its place here.', 'chatello'), released)}
        </Notice>
      )}
      <Button variant="primary" type="submit" isBusy={isBusy} disabled={isBusy || (!isGiven && key.trim() === '')}>
        {isBusy ? __('Activating …', 'chatello') : isStored ? __('Activate again', 'chatello') : __('Activate', 'chatello')}
      </Button>
    </form>
  );
}
