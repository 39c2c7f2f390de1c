import { z } from 'zod';
import { covers, type ApiScope } from '../api-tokens/scopes.rules.ts';
import type { Deps } from '../deps.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { route, type Route } from '../http/route.ts';
import { findAnything, resultsPerKind } from './find-anything.ts';

const longestText = 320;
const license = z.object({ id: z.string(), key_hint: z.string(), status: z.string().meta({ example: 'active' }), plan: z.string(), customer: z.string(), email: z.string() });
const customer = z.object({ id: z.string(), name: z.string(), email: z.string(), company: z.string().nullable() });
const order = z.object({ id: z.string(), number: z.string(), provider: z.string(), status: z.string(), currency: z.string(), total_minor: z.int(), created_at: z.iso.datetime() });
const site = z.object({ license_id: z.string(), site: z.string(), customer: z.string() });
const device = z.object({ license_id: z.string(), name: z.string().nullable(), fingerprint: z.string(), customer: z.string() });

/** The search box of the dashboard. */
export function searchRoutes(deps: Deps): Route[] {
  const search = route(
    {
      method: 'post', path: '/api/v1/search', operationId: 'search', tag: 'Customers', auth: 'admin', scope: 'customers.read', before: adminAuth(deps, 'customers.read', 'bounded'),
      summary: 'Find what a text may name',
      description: `A licence key in any spelling or its last four characters, an e-mail address or its beginning, words of a name or company, the beginning of a domain, of an order number, of a device's name or fingerprint. At most ${resultsPerKind} of each kind; licences, sites and devices only with the scope \`licenses.read\`, orders with \`orders.read\`. A POST, because a key has no place in an address.`,
      body: z.object({ text: z.string().trim().min(1, 'say what to look for').max(longestText) }),
      responses: { 200: { description: 'What was found within the reach of the token.', schema: z.object({ customers: z.array(customer), licenses: z.array(license), sites: z.array(site), devices: z.array(device), orders: z.array(order) }) } },
      errors: [],
    },
    async ({ body, res }) => {
      const { scope, scopes } = callerOf(res);
      const found = await findAnything(deps, scope, body.text);
      const seen = <Row>(needed: ApiScope, rows: Row[]) => (covers(scopes, needed) ? rows : []);
      const orders = seen('orders.read', found.orders).map((row) => ({ ...row, created_at: new Date(row.created_at).toISOString() }));
      return { body: { customers: found.customers, licenses: seen('licenses.read', found.licenses), sites: seen('licenses.read', found.sites), devices: seen('licenses.read', found.devices), orders } };
    },
  );
  return [search];
}
