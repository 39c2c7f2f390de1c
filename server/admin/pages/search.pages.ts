import type { Deps } from '../../deps.ts';
import { findAnything, resultsPerKind } from '../../search/find-anything.ts';
import { page, type Page } from '../web/page.ts';

const longestText = 320;

/** One box for everything: a single hit leads straight to its page. */
export function searchPages(deps: Pick<Deps, 'db' | 'vault' | 'now'>): Page[] {
  return [
    page('get', '/search', 'search', async ({ query, scope, t }) => {
      const q = (query['q'] ?? '').trim().slice(0, longestText);
      const found = await findAnything(deps, scope, q);
      const hits = [
        ...found.licenses.map(({ id }) => `/licenses/${id}`),
        ...found.customers.map(({ id }) => `/customers/${id}`),
        ...found.orders.map(({ id }) => `/orders/${id}`),
        ...[...found.sites, ...found.devices].map(({ license_id: id }) => `/licenses/${id}`),
      ];
      const [only, second] = [...new Set(hits)];
      if (only !== undefined && second === undefined) return { redirect: only };
      // A whole key stays neither on the page nor in the address.
      if (found.isKey) return { redirect: '/search?key=unknown' };
      const isCut = [found.licenses, found.customers, found.orders, found.sites, found.devices].some(({ length }) => length === resultsPerKind);
      return { view: 'search', title: t('search.title'), data: { ...found, q, isUnknownKey: query['key'] === 'unknown', isAsked: q !== '', hasHits: hits.length > 0, isCut } };
    }),
  ];
}
