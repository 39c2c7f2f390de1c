import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { isOperator, type Role } from '../../server/access/access.rules.ts';
import { dashboardPages } from '../../server/admin.ts';
import { apiRoutes } from '../../server/api.ts';
import { createToken } from '../../server/api-tokens/create-token.ts';
import { apiScopes, type ApiScope } from '../../server/api-tokens/scopes.rules.ts';
import { newId } from '../../server/ids.ts';
import { letters, openPages, pageRows, routeRows } from '../access-table.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { addNode, addUser } from '../people.ts';
import { addTenant, openDoors, type Doors, type Person, type Tenant } from '../tenants.ts';

type Row = { name: string; method: string; path: string };
type Belongings = Tenant & { organization: string; user: string };

/** Their form names another row, which is not there when it is sent empty. */
const namesAnother = ['POST /customers/:id/merge'];

/** Whose id stands in an address, by what stands before it. */
const owners: Record<string, keyof Belongings> = { customers: 'customer', customer: 'customer', licenses: 'license', orders: 'order', subscriptions: 'subscription', organizations: 'organization', users: 'user', 'usage-records': 'usage' };

const pagesOf = ({ deps }: TestApp): Row[] => Object.values(dashboardPages(deps)).flat().map(({ method, path }) => ({ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path }));
const routesOf = ({ deps }: TestApp): Row[] => apiRoutes(deps).filter(({ spec }) => spec.auth === 'admin').map(({ spec: { method, path } }) => ({ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path }));
const ownerOf = (path: string): keyof Belongings | undefined => owners[/^(?:\/api)?(?:\/v1)?\/([a-z-]+)\/:id/.exec(path)?.[1] ?? ''];

/** The address with ids of somebody's belongings; whatever else stands in it is made up. */
function addressFor(path: string, of: Belongings): { address: string; isWhole: boolean } {
  const owner = ownerOf(path);
  const filled = path.replace(':id', owner === undefined ? newId() : of[owner]).replace(/:site|:activation/, of.site);
  return { address: filled.replace(/:\w+/g, () => newId()), isWhole: !filled.includes(':') && (owner !== undefined || !path.includes(':id')) };
}

onBothDatabases('who may open what', (engine) => {
  const open = useTestApp(engine, { TRUST_PROXY: '1' });
  let setUp: Promise<{ app: TestApp; doors: Doors; people: Record<Role, Person>; tree: Record<'reseller' | 'company' | 'agent' | 'other', { id: string; path: string }>; buyer: Tenant }> | undefined;
  after(async () => (await setUp)?.doors.close());

  /** reseller > company > agent, of which the agent has the customer who is signed in too, and another reseller beside them. */
  const ready = () =>
    (setUp ??= (async () => {
      const app = await open();
      const doors = await openDoors(app);
      const reseller = await addNode(app, 'reseller');
      const company = await addNode(app, 'sub_company', reseller);
      const agent = await addNode(app, 'agent', company);
      const other = await addNode(app, 'reseller');
      const buyer = await addTenant(app, agent.id);
      const people = {
        superadmin: await doors.personOf('superadmin'),
        support: await doors.personOf('support'),
        reseller: await doors.personOf('reseller', { organizationId: reseller.id }),
        sub_company: await doors.personOf('sub_company', { organizationId: company.id }),
        agent: await doors.personOf('agent', { organizationId: agent.id }),
        customer: await doors.personOf('customer', { customerId: buyer.customer }),
      };
      return { app, doors, people, tree: { reseller, company, agent, other }, buyer };
    })());

  /** What all three sellers may reach, fresh for each request that may change it; a customer reaches the own. */
  async function belongings(role: Role): Promise<Belongings> {
    const { app, tree, buyer } = await ready();
    const tenant = role === 'customer' ? buyer : await addTenant(app, tree.agent.id);
    const organization = (await addNode(app, 'agent', tree.company)).id;
    return { ...tenant, organization, user: await addUser(app, 'agent', { organizationId: tree.agent.id }) };
  }

  it('every page and every endpoint has a row in the table, and every row its page or endpoint', async () => {
    const { app } = await ready();
    const pages = pagesOf(app).map(({ name }) => name);
    assert.deepEqual(pages.filter((name) => !(name in pageRows) && !openPages.includes(name)), [], 'pages without a row in tests/access-table.ts');
    assert.deepEqual([...Object.keys(pageRows), ...openPages].filter((name) => !pages.includes(name)), [], 'rows without a page');
    const routes = routesOf(app).map(({ name }) => name);
    assert.deepEqual(routes.filter((name) => !(name in routeRows)), [], 'endpoints without a row in tests/access-table.ts');
    assert.deepEqual(Object.keys(routeRows).filter((name) => !routes.includes(name)), [], 'rows without an endpoint');
  });

  for (const [letter, role] of Object.entries(letters)) {
    // Who sees everything is asked on one database: nothing is cut for them.
    if (engine === 'mariadb' && isOperator(role)) continue;
    it(`${role}: pages open and close as the table says, the own rows are there and those of others are not`, async () => {
      const { app, people, tree } = await ready();
      const person = people[role];
      const strangers: Belongings[] = [];
      if (!isOperator(role)) {
        strangers.push({ ...(await addTenant(app, tree.other.id)), organization: tree.other.id, user: await addUser(app, 'reseller', { organizationId: tree.other.id }) });
        strangers.push({ ...(await addTenant(app, null)), organization: tree.other.id, user: await addUser(app, 'support') });
      }
      // Those above are strangers too.
      if (role === 'agent' || role === 'customer') strangers.push({ ...(await addTenant(app, tree.company.id)), organization: tree.company.id, user: await addUser(app, 'sub_company', { organizationId: tree.company.id }) });
      const failures: string[] = [];
      const check = (isRight: boolean, text: string) => void (isRight || failures.push(text));
      let own = await belongings(role);
      for (const { name, method, path } of pagesOf(app)) {
        const row = pageRows[name];
        // These end the session that the rest of the table needs.
        if (row === undefined || ['POST /logout', 'POST /login/cancel'].includes(name)) continue;
        const isAllowed = row.includes(letter);
        const { address, isWhole } = addressFor(path, own);
        const { status, location } = await person.ask(method, address);
        // A customer who opens the start page is led to the licences.
        const isClosed = status === 403 || (!isOperator(role) && status === 404) || (name === 'GET /' && location === '/portal/licenses');
        if (!isAllowed) check(isClosed, `${name} is open: ${status} ${location}`);
        else check(status < 500 && ![401, 403].includes(status) && !/\/login($|\?)/.test(location) && (status !== 404 || !isWhole || namesAnother.includes(name)), `${name} is closed: ${status} ${location}`);
        if (isAllowed && ownerOf(path) !== undefined) for (const stranger of strangers) {
          const foreign = await person.ask(method, addressFor(path, stranger).address);
          check(foreign.status === 404, `${name} of a stranger: ${foreign.status}`);
        }
        if (method === 'POST' && isAllowed && ownerOf(path) !== undefined) own = await belongings(role);
      }
      assert.deepEqual(failures, []);
    });
  }

  it('the portal has no page that is for operators alone, whoever asks', async () => {
    const { app, people } = await ready();
    for (const { name, method, path } of pagesOf(app).filter(({ name }) => /^S?U?$/.test(pageRows[name] ?? '-'))) {
      for (const role of ['reseller', 'customer'] as const) assert.equal((await people[role].ask(method, path.replace(/:\w+/g, 'x'))).status, 404, `${role} ${name}`);
    }
  });

  it('endpoints open to the tokens that the table says, for an organisation within its subtree', async () => {
    const { app, doors, tree } = await ready();
    const { deps: { db, now } } = app;
    const tokens = new Map<string, string>();
    const tokenOf = async (scopes: ApiScope[], organizationId: string | null) => {
      const key = `${scopes.join()} ${organizationId}`;
      const token = tokens.get(key) ?? (await createToken(db, { name: newId(), scopes, expiresAt: null, organizationId }, { actor: 'test' }, now())).token;
      tokens.set(key, token);
      return token;
    };
    const failures: string[] = [];
    const check = (isRight: boolean, text: string) => void (isRight || failures.push(text));
    const stranger = { ...(await addTenant(app, tree.other.id)), organization: tree.other.id, user: await addUser(app, 'reseller', { organizationId: tree.other.id }) };
    let own = await belongings('reseller');
    for (const { name, method, path } of routesOf(app)) {
      const row = routeRows[name];
      if (!row) continue;
      const scope = row.scope as ApiScope;
      const also = /exports\/(.+)$/.exec(path)?.[1];
      const needed = also === undefined ? [scope] : [scope, ...apiScopes.filter((each) => each.endsWith('.read') && each !== scope)];
      const others = apiScopes.filter((each) => each !== 'admin' && each !== scope && !(scope === 'licenses.issue' && each === 'licenses.write'));
      const { address, isWhole } = addressFor(path, own);
      const body = method === 'GET' ? undefined : {};
      check((await doors.api(undefined, method, address, body)).status === 401, `${name} is open without a token`);
      check((await doors.api(await tokenOf(others, null), method, address, body)).status === 403, `${name} is open without ${scope}`);
      const right = await doors.api(await tokenOf(needed, null), method, address, body);
      check(right.status < 500 && ![401, 403].includes(right.status) && (right.status !== 404 || !isWhole || also !== undefined), `${name} is closed to ${scope}: ${right.status} ${right.text}`);
      if (!row.own) await assert.rejects(tokenOf([scope], tree.reseller.id), /cannot hold/, name);
      else if (path.startsWith('/api/v1/') && ownerOf(path) !== undefined) {
        const token = await tokenOf([scope], tree.reseller.id);
        if (method !== 'GET') own = await belongings('reseller');
        const mine = await doors.api(token, method, addressFor(path, own).address, body);
        check(mine.status < 500 && ![401, 403, 404].includes(mine.status), `${name} is closed to the own organisation: ${mine.status} ${mine.text}`);
        const foreign = await doors.api(token, method, addressFor(path, stranger).address, method === 'GET' ? undefined : { name: 'x', place: 'x', license_quota: null, reason: 'x' });
        check([404, 400].includes(foreign.status) && (method !== 'GET' || foreign.status === 404), `${name} of a stranger: ${foreign.status} ${foreign.text}`);
      }
      if (method !== 'GET' && ownerOf(path) !== undefined) own = await belongings('reseller');
    }
    assert.deepEqual(failures, []);
  });
});
