import { Button, ComboboxControl } from '@wordpress/components';
import { useEffect, useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { findPages, pagesById } from './api.ts';

type Found = { id: number; title: string };

/** Chooses pages by their titles. */
export function PagePicker({ ids, onChange }: { ids: number[]; onChange: (ids: number[]) => void }) {
  const [known, setKnown] = useState<Map<number, string>>(new Map());
  const [found, setFound] = useState<Found[]>([]);
  const learn = (pages: Found[]) => setKnown((before) => new Map([...before, ...pages.map(({ id, title }) => [id, title] as const)]));
  useEffect(() => {
    if (ids.length > 0) pagesById(ids).then(learn, () => undefined);
  }, []);
  const search = (query: string) => {
    findPages(query).then((pages) => {
      learn(pages);
      setFound(pages);
    }, () => setFound([]));
  };
  useEffect(() => search(''), []);
  const title = (id: number) => known.get(id) || `#${id}`;
  return (
    <div className="chatello-pages">
      <ComboboxControl
        label={__('Add a page', 'chatello')}
        value={null}
        options={found.filter(({ id }) => !ids.includes(id)).map(({ id, title }) => ({ value: String(id), label: title || `#${id}` }))}
        onFilterValueChange={search}
        onChange={(value) => value && onChange([...ids, Number(value)])}
      />
      <ul>
        {ids.map((id) => (
          <li key={id}>
            {title(id)}{' '}
            <Button variant="link" isDestructive onClick={() => onChange(ids.filter((other) => other !== id))} aria-label={sprintf(/* translators: %s: title of a page */ __('Remove %s', 'chatello'), title(id))}>
              {__('Remove', 'chatello')}
            </Button>
          </li>
        ))}
      </ul>
      {ids.length === 0 && <p className="chatello-small">{__('No page is chosen yet, so the assistant appears nowhere.', 'chatello')}</p>}
    </div>
  );
}
