import { Button, Notice, Spinner } from '@wordpress/components';
import { useEffect, useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { problemOf, readSites, releaseSite } from './api.ts';
import { day, problemText } from './texts.ts';
import type { LicenseSites } from './types.ts';

type Props = {
  /** A key that is not activated here; without it, the one that is. */
  licenseKey?: string;
  onReleased: (site: string) => void;
};

/** The sites that use a licence, each but this one with a button that frees its place. */
export function SiteList({ licenseKey, onReleased }: Props) {
  const [found, setFound] = useState<LicenseSites>();
  const [problem, setProblem] = useState('');
  const [asked, setAsked] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const load = () => {
    setProblem('');
    readSites(licenseKey).then(setFound, (error: unknown) => setProblem(problemText(problemOf(error))));
  };
  useEffect(load, [licenseKey]);
  async function release(site: string) {
    setProblem('');
    setIsBusy(true);
    try {
      setFound(await releaseSite(site, licenseKey));
      setAsked('');
      onReleased(site);
    } catch (error) {
      setProblem(problemText(problemOf(error)));
    }
    setIsBusy(false);
  }
  if (!found && !problem) {
    return (
      <p>
        <Spinner /> {__('Loading …', 'chatello')}
      </p>
    );
  }
  return (
    <>
      {problem && (
        <Notice status="warning" isDismissible={false} actions={[{ label: __('Try again', 'chatello'), onClick: load }]}>
          {problem}
        </Notice>
      )}
      {found && found.sites.length === 0 && <p>{__('No site uses this licence yet.', 'chatello')}</p>}
      <ul className="chatello-sites">
        {found?.sites.map(({ site, kind, created_at, last_seen_at, is_this }) => (
          <li key={site}>
            <div>
              <strong>{site}</strong> {kind === 'staging' && <span className="chatello-tag">{__('staging', 'chatello')}</span>} {is_this && <span className="chatello-tag is-this">{__('this site', 'chatello')}</span>}
              <div className="chatello-small">{sprintf(/* translators: 1: date of the activation, 2: date when the site last asked */ __('Since %1$s, last seen %2$s', 'chatello'), day(created_at), day(last_seen_at))}</div>
            </div>
            {!is_this && asked !== site && (
              <Button variant="secondary" size="compact" onClick={() => setAsked(site)} aria-label={sprintf(/* translators: %s: address of a site */ __('Release %s', 'chatello'), site)}>
                {__('Release', 'chatello')}
              </Button>
            )}
            {asked === site && (
              <div className="chatello-confirm" role="group" aria-label={sprintf(/* translators: %s: address of a site */ __('Release %s', 'chatello'), site)}>
                <p>{__('The assistant stops there, at once or within some hours, until somebody activates it again there.', 'chatello')}</p>
                <div className="chatello-actions">
                  <Button variant="primary" isDestructive isBusy={isBusy} disabled={isBusy} onClick={() => void release(site)}>
                    {__('Release this site', 'chatello')}
                  </Button>
                  <Button variant="tertiary" disabled={isBusy} onClick={() => setAsked('')}>
                    {__('Keep it', 'chatello')}
                  </Button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
