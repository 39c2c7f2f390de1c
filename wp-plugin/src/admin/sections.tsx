import { BaseControl, Card, CardBody, CardHeader, CheckboxControl, ColorPalette, RadioControl, SelectControl, TextareaControl, TextControl, ToggleControl } from '@wordpress/components';
import { __, sprintf } from '@wordpress/i18n';
import type { ReactNode } from 'react';
import { PagePicker } from './page-picker.tsx';
import type { Settings, Start, Status } from './types.ts';

type Section = { draft: Settings; set: (changes: Partial<Settings>) => void };
const languages = ['en', 'it', 'de', 'fr', 'es', 'pt', 'nl', 'pl', 'ja', 'zh', 'ar'];
const maxQuestions = 4;

export function LookSection({ start, draft, set }: Section & { start: Start }) {
  return (
    <Part title={__('Look', 'chatello')}>
      <TextControl label={__('Name', 'chatello')} value={draft.name} placeholder={__('Shop assistant', 'chatello')} maxLength={60} onChange={(name) => set({ name })} />
      <TextareaControl label={__('Greeting', 'chatello')} value={draft.greeting} placeholder={start.preview.strings['defaultGreeting'] ?? ''} rows={2} maxLength={600} onChange={(greeting) => set({ greeting })} />
      <BaseControl id="chatello-questions" label={__('Opening questions', 'chatello')} help={__('Shown as buttons below the greeting; up to four.', 'chatello')}>
        {Array.from({ length: Math.min(maxQuestions, draft.questions.length + 1) }, (_, index) => (
          <TextControl
            key={index}
            label={sprintf(/* translators: %d: number of the question */ __('Question %d', 'chatello'), index + 1)}
            hideLabelFromVision
            value={draft.questions[index] ?? ''}
            maxLength={120}
            placeholder={index === 0 ? __('What goes well as a present?', 'chatello') : ''}
            onChange={(question) => set({ questions: Object.assign([...draft.questions], { [index]: question }).filter((text, at, all) => text !== '' || at < all.length - 1) })}
          />
        ))}
      </BaseControl>
      <BaseControl id="chatello-accent" label={__('Colour', 'chatello')} help={draft.accent === '' ? __('The colour of your theme is used.', 'chatello') : ''}>
        <ColorPalette colors={start.colors.map(({ name, color }) => ({ name, color }))} value={draft.accent} onChange={(color) => set({ accent: color && /^#[0-9a-f]{6}/i.test(color) ? color.slice(0, 7).toLowerCase() : '' })} aria-label={__('Colour', 'chatello')} />
      </BaseControl>
      <SelectControl
        label={__('Brightness', 'chatello')}
        value={draft.scheme}
        options={[
          { value: 'auto', label: __('As the shopper’s device', 'chatello') },
          { value: 'light', label: __('Always light', 'chatello') },
          { value: 'dark', label: __('Always dark', 'chatello') },
        ]}
        onChange={(scheme) => set({ scheme })}
      />
      <RadioControl
        label={__('Position of the button', 'chatello')}
        selected={draft.position}
        options={[
          { value: 'right', label: __('End of the line (right)', 'chatello') },
          { value: 'left', label: __('Start of the line (left)', 'chatello') },
        ]}
        onChange={(position) => set({ position: position as Settings['position'] })}
      />
    </Part>
  );
}

export function PlaceSection({ status, draft, set }: Section & { status: Status }) {
  return (
    <Part title={__('Where it appears', 'chatello')}>
      <ToggleControl label={__('The assistant is switched on', 'chatello')} checked={draft.enabled} onChange={(enabled) => set({ enabled })} />
      <RadioControl
        label={__('Button at the edge of the page', 'chatello')}
        selected={draft.where}
        options={[
          { value: 'everywhere', label: __('On every page', 'chatello') },
          ...(status.has_shop ? [{ value: 'shop', label: __('In the shop only', 'chatello') }] : []),
          { value: 'pages', label: __('On certain pages', 'chatello') },
          { value: 'manual', label: __('Nowhere: only as a block or with the shortcode [chatello]', 'chatello') },
        ]}
        onChange={(where) => set({ where: where as Settings['where'] })}
      />
      {draft.where === 'pages' && <PagePicker ids={draft.pages} onChange={(pages) => set({ pages })} />}
    </Part>
  );
}

export function BehaviourSection({ start, draft, set }: Section & { start: Start }) {
  const names = new Intl.DisplayNames([document.documentElement.lang || 'en'], { type: 'language' });
  return (
    <Part title={__('How it answers', 'chatello')}>
      <SelectControl
        label={__('Tone', 'chatello')}
        value={draft.tone}
        options={[
          { value: 'friendly', label: __('Warm', 'chatello') },
          { value: 'neutral', label: __('Matter-of-fact', 'chatello') },
          { value: 'formal', label: __('Formal', 'chatello') },
        ]}
        onChange={(tone) => set({ tone })}
      />
      <ToggleControl label={__('Answer in whatever language the shopper writes', 'chatello')} checked={draft.languages.length === 0} onChange={(isAny) => set({ languages: isAny ? [] : [start.locale.slice(0, 2)] })} />
      {draft.languages.length > 0 && (
        <fieldset className="chatello-checks">
          <legend>{__('Only these languages; the first one otherwise', 'chatello')}</legend>
          {[...new Set([...draft.languages, ...languages])].map((language) => (
            <CheckboxControl key={language} label={names.of(language) ?? language} checked={draft.languages.includes(language)} onChange={(isOn) => set({ languages: isOn ? [...draft.languages, language] : draft.languages.filter((other) => other !== language) })} />
          ))}
        </fieldset>
      )}
      <TextareaControl label={__('House rules', 'chatello')} help={__('What to say and what not, in your own words. Write no secrets here: a model can be talked into repeating them.', 'chatello')} value={draft.rules} rows={4} maxLength={4000} onChange={(rules) => set({ rules })} />
      <ToggleControl label={__('Voice', 'chatello')} help={__('Shoppers may speak and have answers read aloud, only on a click: by their own browser where it can, otherwise by the AI service (each time one request).', 'chatello')} checked={draft.voice} onChange={(voice) => set({ voice })} />
      <TextControl label={__('Hand over to: e-mail address', 'chatello')} type="email" value={draft.contact_email} onChange={(contact_email) => set({ contact_email })} />
      <TextControl label={__('Hand over to: page or telephone', 'chatello')} help={__('An address such as https://… or tel:+39…', 'chatello')} value={draft.contact_url} onChange={(contact_url) => set({ contact_url })} />
    </Part>
  );
}

export function KnowledgeSection({ start, status, draft, set }: Section & { start: Start; status: Status }) {
  return (
    <Part title={__('What it may know', 'chatello')}>
      {status.has_shop ? (
        <>
          <CheckboxControl label={__('Products, with price and stock of the moment', 'chatello')} checked={draft.products} onChange={(products) => set({ products })} />
          <CheckboxControl label={__('State of an order, for shoppers who give its number and e-mail address', 'chatello')} help={__('They fill in a form that the AI does not see.', 'chatello')} checked={draft.order_status} onChange={(order_status) => set({ order_status })} />
        </>
      ) : (
        <p>{__('WooCommerce is not active, so the assistant answers from your pages.', 'chatello')}</p>
      )}
      {start.types.map(({ name, label }) => (
        <CheckboxControl key={name} label={label} checked={draft.content.includes(name)} onChange={(isOn) => set({ content: isOn ? [...draft.content, name] : draft.content.filter((other) => other !== name) })} />
      ))}
      <p className="chatello-small">{__('Only what is published and not protected by a password.', 'chatello')}</p>
    </Part>
  );
}

export function PrivacySection({ draft, set }: Section) {
  return (
    <Part title={__('Privacy', 'chatello')}>
      <ToggleControl label={__('Ask for consent before the chat', 'chatello')} help={__('Nothing is loaded or sent before.', 'chatello')} checked={draft.consent} onChange={(consent) => set({ consent })} />
      {draft.consent && <TextareaControl label={__('Text of the question', 'chatello')} value={draft.consent_text} placeholder={__('Your messages are sent to our assistant’s service, which answers with the help of AI. Please write nothing confidential.', 'chatello')} rows={3} maxLength={600} onChange={(consent_text) => set({ consent_text })} />}
      <SelectControl
        label={__('Keep the conversation', 'chatello')}
        help={__('In the shopper’s own browser. This site stores no conversations.', 'chatello')}
        value={draft.retention}
        options={[
          { value: 'tab', label: __('Until the tab is closed', 'chatello') },
          { value: 'day', label: __('For a day', 'chatello') },
          { value: 'month', label: __('For 30 days', 'chatello') },
        ]}
        onChange={(retention) => set({ retention })}
      />
    </Part>
  );
}

/** A card of the form. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card className="chatello-part">
      <CardHeader>
        <h2>{title}</h2>
      </CardHeader>
      <CardBody>{children}</CardBody>
    </Card>
  );
}
