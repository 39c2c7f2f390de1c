import type { Deps } from '../../server/deps.ts';
import { sellingDays, type Sizes } from './seed-dashboard.ts';

const dayMs = 86_400_000;

/** Every list with its filters, first and deep; the figures; the search box; the exports. What this version has not, answers 404 and is left out. */
export async function dashboardPages({ db, now }: Deps, { licenses }: Sizes): Promise<[name: string, address: string][]> {
  const middle = now() - (sellingDays / 2) * dayMs;
  const place = '01900000-0002-7000-8000-000000000000';
  const deep = `${middle}.${place}`;
  const customer = await db.selectFrom('customers').select('id').orderBy('id').offset(Math.floor(Math.min(licenses / 5 - 1, 100))).limit(1).executeTakeFirstOrThrow();
  const license = await db.selectFrom('licenses').select(['id', 'key_hint']).orderBy('id').limit(1).executeTakeFirstOrThrow();
  const organization = (await db.selectFrom('organizations').select('id').limit(1).executeTakeFirstOrThrow()).id;
  const lists: Record<string, string[]> = {
    '/customers': ['', 'q=customer-1', 'q=customer-77@example.net', 'status=pending', 'q=zzz'],
    '/licenses': ['', 'sort=oldest', 'status=active', 'status=expired', 'status=pending', 'status=suspended', 'status=cancelled', 'plan=pro', 'status=active&plan=agency', 'status=expired&plan=starter', 'q=customer-12', 'q=shop-12'],
    '/orders': ['', 'status=completed', 'provider=paddle', 'status=refunded'],
    '/subscriptions': ['', 'status=active', 'status=cancelled'],
    '/deliveries': ['', 'status=dead', 'status=handled'],
    '/emails': ['', 'status=failed'],
    '/audit': ['', 'entity=license', 'actor=paddle', 'entity=order'],
    '/webhooks': [''],
  };
  const pages = Object.entries(lists).flatMap(([list, filters]) => filters.flatMap((filter) => [filter, [filter, `after=${deep}`].filter(Boolean).join('&')].map((query): [string, string] => [`${list}${filter === '' ? '' : `?${filter}`}${query.includes('after=') ? ' (deep)' : ''}`, query === '' ? list : `${list}?${query}`])));
  /** What names an id or a moment is called the same at each size. */
  const named: [string, string][] = [
    ['/customers/:id', `/customers/${customer.id}`], ['/licenses/:id', `/licenses/${license.id}`], ['/licenses?q=HINT', `/licenses?q=${license.key_hint}`], ['/search?q=HINT', `/search?q=${license.key_hint}`],
    ['/customers?organization=ID', `/customers?organization=${organization}`], ['/customers?organization=ID (deep)', `/customers?organization=${organization}&after=${deep}`], ['/licenses?organization=ID', `/licenses?organization=${organization}`], ['/licenses?organization=ID (deep)', `/licenses?organization=${organization}&after=${deep}`], ['/licenses?organization=ID&status=active', `/licenses?organization=${organization}&status=active`], ['/licenses?organization=ID&status=active (deep)', `/licenses?organization=${organization}&status=active&after=${deep}`], ['/licenses?organization=ID&sort=ending', `/licenses?organization=${organization}&sort=ending`],
    ['/licenses?sort=ending (deep)', `/licenses?sort=ending&after=${now() + 200 * dayMs}.${place}`], ['/licenses?status=expired (deeper)', `/licenses?status=expired&after=${now() - 100 * dayMs}.${place}`], ['/customers?sort=name (deep)', encodeURI(`/customers?sort=name&after=customer 150.${place}`)], ['/customers?sort=email&status=validated (deep)', `/customers?sort=email&status=validated&after=customer-150@example.net.${place}`],
    ['/api/v1/usage-records?license_id=ID', `/api/v1/usage-records?license_id=${license.id}`],
  ];
  const plain = [
    '/licenses?sort=ending', '/customers?sort=name',
    '/', '/?period=7d', '/?period=90d', '/?period=12m', '/usage', '/usage?by=model&period=90d', '/usage?by=plan_id&period=12m', '/usage?by=day&period=12m', '/usage?provider=openai&by=model', '/usage/customers', '/usage/customers?order=cost', '/usage/licenses', '/usage/licenses?order=cost', '/expiring', '/expiring?days=90',
    '/search?q=customer', '/search?q=customer-77@example.net', '/search?q=company', '/search?q=customer 77', '/search?q=N-42', '/search?q=shop-4', '/search?q=nothing-like-it',
    '/providers', '/prices', '/plans', '/products', '/tokens', '/settings', '/system',
    '/api/v1/statistics', '/api/v1/statistics?period=12m&group=model', '/api/v1/usage', '/api/v1/usage?group=license', '/api/v1/usage-records', '/api/v1/usage-records?status=failed', '/api/v1/usage-records?model=unheard-of', '/api/v1/customers', '/api/v1/licenses', '/api/v1/orders', '/api/v1/audit', '/api/v1/exports/customers?format=csv', '/api/v1/exports/licenses?format=csv', '/api/v1/exports/orders?format=csv',
  ];
  return [...pages, ...named, ...plain.map((address): [string, string] => [address, encodeURI(address)])];
}
