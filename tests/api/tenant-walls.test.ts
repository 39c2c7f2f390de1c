import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import fc from 'fast-check';
import { dashboardPages } from '../../server/admin.ts';
import { apiRoutes } from '../../server/api.ts';
import { createToken } from '../../server/api-tokens/create-token.ts';
import { apiScopes, isForOrganizations } from '../../server/api-tokens/scopes.rules.ts';
import { newId } from '../../server/ids.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { addNode, addUser } from '../people.ts';
import { addTenant, openDoors, type Doors, type Tenant } from '../tenants.ts';

type Node = { id: string; path: string; tenant: Tenant; user: string; canary: string };

const kinds = ['reseller', 'sub_company', 'agent'] as const;
/** A forest: each number says below which earlier node the next one stands; 0 is the top. */
const forests = fc.array(fc.nat(), { minLength: 2, maxLength: 4 });

async function plant(app: TestApp, choices: number[]): Promise<Node[]> {
  const nodes: (Node & { depth: number })[] = [];
  for (const choice of choices) {
    const above = [undefined, ...nodes.filter(({ depth }) => depth < 2)];
    const parent = above[choice % above.length];
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const canary = `canary-node-${newId().slice(-8)}`;
    const node = await addNode(app, kinds[depth] ?? 'agent', parent, { name: canary });
    const user = await addUser(app, kinds[depth] ?? 'agent', { organizationId: node.id });
    await app.deps.db.updateTable('users').set({ name: `${canary} user`, email: `${canary}@mail.example`, email_key: `${canary}@mail.example` }).where('id', '=', user).execute();
    nodes.push({ ...node, depth, canary, user, tenant: await addTenant(app, node.id) });
  }
  return nodes;
}

/** Every address to GET: without parameters as it is and with each search, with parameters once for each row that there is. */
function addresses(paths: string[], rows: Node[]): string[] {
  const searches = rows.flatMap(({ tenant }) => [tenant.email, tenant.domain, tenant.orderNumber, tenant.key]);
  return paths.flatMap((path) => {
    if (path.includes(':')) return rows.map(({ id, user, tenant }) => path.replace('licenses/:id', `licenses/${tenant.license}`).replace(/customers?\/:id/, (text) => text.replace(':id', tenant.customer)).replace('orders/:id', `orders/${tenant.order}`).replace('subscriptions/:id', `subscriptions/${tenant.subscription}`).replace('usage-records/:id', `usage-records/${tenant.usage}`).replace('organizations/:id', `organizations/${id}`).replace('users/:id', `users/${user}`).replace(/:site|:activation/, tenant.site).replace(/:\w+/g, 'x'));
    const isList = ['/licenses', '/customers', '/orders', '/subscriptions', '/search', '/usage', '/expiring'].includes(path);
    const filtered = rows.flatMap(({ id, tenant }) => [`${path}?organization=${id}`, `${path}?customer=${tenant.customer}`, `${path}?license=${tenant.license}`]);
    return [path, ...(isList ? [...searches.map((text) => `${path}?q=${encodeURIComponent(text)}`), ...filtered] : [])];
  });
}

onBothDatabases('whoever belongs to one part of the tree', (engine) => {
  const open = useTestApp(engine, { TRUST_PROXY: '1' });
  let doors: Promise<Doors> | undefined;
  after(async () => (await doors)?.close());

  it('finds no row of another part by any page, list, search, export or id, at the portal and with an API token', async () => {
    const app = await open();
    const { deps } = app;
    const { personOf, api } = await (doors ??= openDoors(app));
    const pages = Object.values(dashboardPages(deps)).flat().filter(({ method, permission }) => method === 'get' && permission !== undefined).map(({ path }) => path);
    const routes = apiRoutes(deps).map(({ spec }) => spec).filter(({ auth, method, path }) => auth === 'admin' && method === 'get' && path.startsWith('/api/v1/')).map(({ path }) => path);
    const everyones = [...(await plant(app, [0, 1])), { ...(await plant(app, [0])).at(0)!, tenant: await addTenant(app, null) }];
    await fc.assert(
      fc.asyncProperty(forests, fc.nat(), async (choices, pick) => {
        const nodes = await plant(app, choices);
        const viewer = nodes[pick % nodes.length];
        assert.ok(viewer);
        const own = nodes.filter(({ path }) => path.startsWith(viewer.path));
        const foreign = [...nodes.filter((node) => !own.includes(node)), ...everyones];
        const canaries = foreign.flatMap(({ canary, tenant }) => [canary, tenant.canary]);
        const role = kinds[viewer.path.split('/').length - 3] ?? 'agent';
        const person = await personOf(role, { organizationId: viewer.id });
        let seen = '';
        const look = (text: string, address: string) => {
          seen += text;
          for (const canary of canaries) assert.ok(!text.includes(canary), `${role} saw a stranger's row at ${address}`);
        };
        const probes = [...own.slice(0, 1), ...foreign.slice(0, 2)];
        for (const address of addresses(pages, probes)) look((await person.ask('GET', address)).text, address);
        const { token } = await createToken(deps.db, { name: newId(), scopes: apiScopes.filter(isForOrganizations), expiresAt: null, organizationId: viewer.id }, { actor: 'test' }, deps.now());
        for (const address of addresses(routes, probes)) look((await api(token, 'GET', address)).text, address);
        assert.ok(seen.includes(viewer.tenant.canary), 'the own rows are there');
        assert.ok(own.every(({ tenant }) => seen.includes(tenant.canary)), 'and those of all below');
      }),
      { numRuns: engine === 'sqlite' ? 2 : 1 },
    );
  });
});
