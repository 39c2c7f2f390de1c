type Entry = { href: string; key: string; icon: string; /** Where else one is at this entry. */ also?: string[] };
type Section = { key: string | undefined; entries: Entry[] };

/** Every entry of the navigation, by what people come for. Those whose page somebody may not open, or that is not mounted here, are left out. */
const sections: Section[] = [
  { key: undefined, entries: [{ href: '/', key: 'nav.overview', icon: 'overview', also: ['/expiring', '/statistics', '/search'] }] },
  {
    key: 'nav.section.sales',
    entries: [
      { href: '/customers', key: 'nav.customers', icon: 'customers' },
      { href: '/licenses', key: 'nav.licenses', icon: 'key', also: ['/new-license', '/new-licenses'] },
      { href: '/orders', key: 'nav.orders', icon: 'cart' },
      { href: '/subscriptions', key: 'nav.subscriptions', icon: 'repeat' },
    ],
  },
  {
    key: 'nav.section.ai',
    entries: [
      { href: '/usage', key: 'nav.usage', icon: 'activity' },
      { href: '/providers', key: 'nav.providers', icon: 'plug', also: ['/aliases'] },
      { href: '/prices', key: 'nav.prices', icon: 'coins' },
    ],
  },
  {
    key: 'nav.section.catalogue',
    entries: [
      { href: '/products', key: 'nav.products', icon: 'box', also: ['/modules'] },
      { href: '/plans', key: 'nav.plans', icon: 'list' },
      { href: '/mappings', key: 'nav.mappings', icon: 'link' },
    ],
  },
  {
    key: 'nav.section.messages',
    entries: [
      { href: '/emails', key: 'nav.emails', icon: 'mail' },
      { href: '/deliveries', key: 'nav.deliveries', icon: 'inbox' },
      { href: '/webhooks', key: 'nav.webhooks', icon: 'webhook' },
    ],
  },
  {
    key: 'nav.section.administration',
    entries: [
      { href: '/users', key: 'nav.users', icon: 'users' },
      { href: '/organizations', key: 'nav.organizations', icon: 'tree' },
      { href: '/tokens', key: 'nav.tokens', icon: 'api' },
      { href: '/imports', key: 'nav.imports', icon: 'upload' },
      { href: '/audit', key: 'nav.audit', icon: 'audit' },
      { href: '/settings', key: 'nav.settings', icon: 'settings' },
      { href: '/system', key: 'nav.system', icon: 'server' },
    ],
  },
];

/** Up to so many entries need no headings. */
const mostWithoutSections = 3;

export type NavigationSection = { key: string | undefined; entries: (Entry & { isCurrent: boolean })[] };

/** The navigation as it is shown on a page: the sections in which something is left, and where one is. */
export function navigationAt(path: string, isOpen: (href: string) => boolean): NavigationSection[] {
  const shown = sections.flatMap(({ key, entries }) => {
    const left = entries.filter(({ href }) => isOpen(href)).map((entry) => ({ ...entry, isCurrent: [entry.href, ...(entry.also ?? [])].some((href) => isWithin(path, href)) }));
    return left.length === 0 ? [] : [{ key, entries: left }];
  });
  const all = shown.flatMap(({ entries }) => entries);
  return all.length > mostWithoutSections ? shown : [{ key: undefined, entries: all }];
}

function isWithin(path: string, href: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}
