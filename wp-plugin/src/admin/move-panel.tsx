import { Button, Notice } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { move, problemOf } from './api.ts';
import { day, problemText } from './texts.ts';
import type { Status } from './types.ts';

/** Safe mode: the site answers at another address than the one that was activated, and only its owner knows why. */
export function MovePanel({ status, onStatus }: { status: Status; onStatus: (status: Status) => void }) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState('');
  const choices = [
    ['moved', __('The site has moved', 'chatello'), __('The old address is given up; this one takes its place.', 'chatello')],
    ['copy', __('This is a copy for work', 'chatello'), __('A staging place is used; the live site keeps its own.', 'chatello')],
    ['new', __('This is another site', 'chatello'), __('It takes a place of its own on your plan.', 'chatello')],
  ] as const;
  async function choose(choice: 'moved' | 'copy' | 'new') {
    setProblem('');
    setBusy(choice);
    try {
      onStatus(await move(choice));
    } catch (error) {
      setProblem(problemText(problemOf(error)));
    }
    setBusy('');
  }
  return (
    <div className="chatello-move">
      <Notice status="warning" isDismissible={false}>
        {sprintf(/* translators: 1: address before, 2: address now */ __('The licence was activated for %1$s, but this site is %2$s now.', 'chatello'), status.activated, status.site)}{' '}
        {status.works && status.grace_until
          ? sprintf(/* translators: %s: date */ __('The assistant goes on until %s. Say what happened:', 'chatello'), day(status.grace_until))
          : __('The assistant is paused. Say what happened:', 'chatello')}
      </Notice>
      {problem && (
        <Notice status="error" isDismissible={false}>
          {problem}
        </Notice>
      )}
      <ul className="chatello-choices">
        {choices.map(([choice, title, text]) => (
          <li key={choice}>
            <Button variant="secondary" isBusy={busy === choice} disabled={busy !== ''} onClick={() => void choose(choice)} aria-describedby={`chatello-${choice}`}>
              {title}
            </Button>
            <span id={`chatello-${choice}`}>{text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
