import { Button, Notice, TextControl } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { activate, problemOf } from './api.ts';
import { problemText } from './texts.ts';
import type { Status } from './types.ts';

/** Where the key goes in: as it was pasted; the plugin tidies it. */
export function KeyForm({ status, onStatus }: { status: Status; onStatus: (status: Status) => void }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const isGiven = status.key_source === 'constant' || status.key_source === 'network';
  async function submit(event: { preventDefault: () => void }) {
    event.preventDefault();
    setProblem('');
    setIsBusy(true);
    try {
      onStatus(await activate(isGiven ? undefined : key));
    } catch (error) {
      setProblem(problemText(problemOf(error)));
    }
    setIsBusy(false);
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="chatello-key-form">
      {isGiven ? (
        <p>
          {status.key_source === 'constant' ? __('The key comes from CHATELLO_LICENSE_KEY in wp-config.php.', 'chatello') : __('The key comes from the network of sites.', 'chatello')} <code>…{status.key_hint}</code>
        </p>
      ) : (
        <TextControl label={__('Licence key', 'chatello')} help={__('It is in your purchase e-mail. Spaces and small letters do not matter.', 'chatello')} placeholder="CHA-XXXX-XXXX-XXXX-XXXX" value={key} onChange={setKey} autoComplete="off" spellCheck={false} required />
      )}
      {problem && (
        <Notice status="error" isDismissible={false}>
          {problem}
        </Notice>
      )}
      <Button variant="primary" type="submit" isBusy={isBusy} disabled={isBusy || (!isGiven && key.trim() === '')}>
        {isBusy ? __('Activating …', 'chatello') : __('Activate', 'chatello')}
      </Button>
    </form>
  );
}
