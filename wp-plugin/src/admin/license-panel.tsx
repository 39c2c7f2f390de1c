import { Button, Card, CardBody, CardHeader, Notice } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { check, deactivate, problemOf, readStatus } from './api.ts';
import { KeyForm } from './key-form.tsx';
import { MovePanel } from './move-panel.tsx';
import { SiteList } from './site-list.tsx';
import { day, problemText, stateText } from './texts.ts';
import type { Problem, Status } from './types.ts';
import { UsagePanel } from './usage-panel.tsx';

/** What the licence is worth here, and everything that can be done with it. */
export function LicensePanel({ status, onStatus }: { status: Status; onStatus: (status: Status) => void }) {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState('');
  const [isAsking, setIsAsking] = useState(false);
  const needsKey = ['none', 'unreadable', 'inactive'].includes(status.state);
  const warning = stateText(status);

  async function run(name: string, action: () => Promise<Status>) {
    setProblem(undefined);
    setBusy(name);
    try {
      onStatus(await action());
      setIsAsking(false);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy('');
  }

  return (
    <div className="chatello-columns">
      <Card>
        <CardHeader>
          <h2>{__('Licence', 'chatello')}</h2>
        </CardHeader>
        <CardBody>
          {warning && (
            <Notice status={status.works ? 'warning' : 'error'} isDismissible={false}>
              {warning}
            </Notice>
          )}
          {problem && (
            <Notice status="error" isDismissible={false}>
              {problemText(problem)}
            </Notice>
          )}
          {status.state === 'moved' && <MovePanel status={status} onStatus={onStatus} />}
          {(needsKey || status.state === 'refused') && <KeyForm status={status} onStatus={onStatus} />}
          {!needsKey && <Facts status={status} />}
          {!needsKey && !isAsking && (
            <div className="chatello-actions">
              <Button variant="secondary" isBusy={busy === 'check'} disabled={busy !== ''} onClick={() => void run('check', check)}>
                {__('Check now', 'chatello')}
              </Button>
              <Button variant="tertiary" isDestructive disabled={busy !== ''} onClick={() => setIsAsking(true)}>
                {__('Deactivate on this site', 'chatello')}
              </Button>
            </div>
          )}
          {isAsking && (
            <div className="chatello-confirm" role="group" aria-label={__('Deactivate on this site', 'chatello')}>
              <p>{__('The assistant stops on this site, and the licence is free for another one. Your settings are kept.', 'chatello')}</p>
              <div className="chatello-actions">
                <Button variant="primary" isDestructive isBusy={busy === 'deactivate'} onClick={() => void run('deactivate', () => deactivate(problem?.code === 'SERVER_UNREACHABLE'))}>
                  {problem?.code === 'SERVER_UNREACHABLE' ? __('Forget the key anyway', 'chatello') : __('Deactivate', 'chatello')}
                </Button>
                <Button variant="tertiary" onClick={() => setIsAsking(false)}>
                  {__('Keep it', 'chatello')}
                </Button>
              </div>
            </div>
          )}
          <p className="chatello-small">
            {__('Licence server:', 'chatello')} <code>{status.api_url}</code> {status.api_url_set && __('(set in wp-config.php or by a filter)', 'chatello')}
          </p>
        </CardBody>
      </Card>
      {!needsKey && <UsagePanel status={status} />}
      {!needsKey && (
        <Card>
          <CardHeader>
            <h2>{__('Sites of this licence', 'chatello')}</h2>
          </CardHeader>
          <CardBody>
            <SiteList key={`${status.activated} ${status.verified_at}`} onReleased={() => void readStatus().then(onStatus)} />
            <p className="chatello-small">{__('Is a shop gone, or was it given up? Release it here, and its place is free.', 'chatello')}</p>
          </CardBody>
        </Card>
      )}
    </div>
  );
}

function Facts({ status }: { status: Status }) {
  const kind = status.kind === 'staging' ? __('staging site: takes no place of the plan', 'chatello') : __('live site', 'chatello');
  const sites = status.limits && status.usage ? sprintf(/* translators: 1: number of sites in use, 2: number of sites allowed */ __('%1$d of %2$d', 'chatello'), status.usage.sites, status.limits.sites) : '–';
  const rows: [string, string][] = [
    [__('Plan', 'chatello'), status.plan || '–'],
    [__('Key', 'chatello'), `…${status.key_hint}${status.key_source === 'constant' ? ` (${__('from wp-config.php', 'chatello')})` : status.key_source === 'network' ? ` (${__('from the network', 'chatello')})` : ''}`],
    [__('Valid until', 'chatello'), status.expires_at ? day(status.expires_at) : __('no end', 'chatello')],
    [__('This site', 'chatello'), `${status.activated} (${kind})`],
    [__('Sites in use', 'chatello'), sites],
    [__('Last checked', 'chatello'), status.verified_at ? new Date(status.verified_at).toLocaleString(document.documentElement.lang || undefined, { dateStyle: 'medium', timeStyle: 'short' }) : '–'],
  ];
  return (
    <dl className="chatello-facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
