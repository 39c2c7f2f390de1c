import { TabPanel } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { save } from './api.ts';
import { AssistantForm } from './assistant-form.tsx';
import { Guide } from './guide.tsx';
import { LicensePanel } from './license-panel.tsx';
import { stateLabel } from './texts.ts';
import type { Settings, Start, Status } from './types.ts';

/** The whole screen: the first-run guide until it is done, then licence and assistant side by side as tabs. */
export function App({ start }: { start: Start }) {
  const [status, setStatus] = useState<Status>(start.status);
  const [settings, setSettings] = useState<Settings>(start.settings);
  const [tab, setTab] = useState(status.state === 'active' ? 'assistant' : 'license');
  const isGuided = !settings.guide_done;
  const finish = () => {
    setSettings({ ...settings, guide_done: true });
    setTab('assistant');
    void save({ guide_done: true });
  };
  const license = <LicensePanel status={status} onStatus={setStatus} />;
  return (
    <div className="chatello-admin">
      <header className="chatello-head">
        <h1>Chatello</h1>
        <span className={`chatello-badge is-${status.state}`}>{stateLabel(status.state)}</span>
        <span className="chatello-version">{sprintf(/* translators: %s: number of the version */ __('Version %s', 'chatello'), status.version)}</span>
      </header>
      {isGuided ? (
        <Guide start={start} status={status} settings={settings} onStatus={setStatus} onSettings={setSettings} onDone={finish} />
      ) : (
        <TabPanel
          key={tab}
          initialTabName={tab}
          tabs={[
            { name: 'assistant', title: __('Assistant', 'chatello') },
            { name: 'license', title: __('Licence and usage', 'chatello') },
          ]}
        >
          {({ name }) => (name === 'license' ? license : <AssistantForm start={start} status={status} settings={settings} onSettings={setSettings} />)}
        </TabPanel>
      )}
    </div>
  );
}
