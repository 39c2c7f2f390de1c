import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { knownLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { listSites } from './hosts.store.ts';

const site = z.object({
  site: z.string().meta({ description: 'As it is counted: without scheme and www. `POST /api/v1/licenses/deactivate` takes it as `domain`.', example: 'shop.example.com' }),
  kind: z.enum(['production', 'staging']).meta({ description: 'Staging sites take no place of the plan.' }),
  version: z.string().nullable().meta({ description: 'Of the product, as the site said it last.', example: '2.4.1' }),
  created_at: z.iso.datetime().meta({ description: 'When it was activated.' }),
  last_seen_at: z.iso.datetime().meta({ description: 'When it last asked, to the hour.' }),
});
const sites = z
  .object({
    sites: z.array(site).meta({ description: 'Those that take a place of the plan first.' }),
    limits: z.object({ sites: z.int().meta({ description: 'Sites that are no copies and devices, together.' }), staging_sites: z.int() }),
  })
  .meta({ id: 'LicenseSites' });

/** Which sites use a licence, for whoever holds its key: to see where a place can be freed. */
export function siteRoutes({ db, vault, now }: Deps): Route[] {
  const list = route(
    {
      method: 'get', path: '/api/v1/licenses/sites', operationId: 'listLicenseSites', tag: 'Licences', auth: 'license',
      summary: 'The sites that use this key',
      description: 'Works in every state of the licence.',
      headers: licenseKeyHeader, before: [limitByAddress(300)],
      responses: { 200: { description: 'The sites.', schema: sites } }, errors: ['LICENSE_INVALID'],
    },
    async ({ headers }) => {
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, now());
      const found = await listSites(db, license.id);
      return {
        body: {
          sites: found.map(({ site, kind, version, created_at, last_seen_at }) => ({ site, kind, version, created_at: new Date(created_at).toISOString(), last_seen_at: new Date(last_seen_at).toISOString() })),
          limits: { sites: license.site_limit, staging_sites: license.staging_site_limit },
        },
      };
    },
  );
  return [list];
}
