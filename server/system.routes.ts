import { sql } from 'kysely';
import { z } from 'zod';
import { providerStates } from './ai/breaker/breakers.ts';
import { loadCatalog } from './ai/catalog/load-catalog.ts';
import type { Deps } from './deps.ts';
import { errorText } from './errors.ts';
import { limitByAddress, requestsPerMinute } from './http/rate-limit.ts';
import { route, type Route } from './http/route.ts';
import { countJobs } from './jobs/count-jobs.ts';
import { version } from './version.ts';

const endpoint = z.object({ method: z.string(), path: z.string(), summary: z.string() });
const part = z.object({ status: z.enum(['ok', 'failing']), detail: z.string().optional() });
const provider = z.object({
  name: z.string(),
  title: z.string(),
  status: z.enum(['configured', 'degraded', 'demo']).meta({ description: '`degraded`: it has failed several times in a row and is not asked for a while.' }),
  state: z.enum(['closed', 'open', 'half_open']).meta({ description: 'Of its circuit breaker, in the process that answers.' }),
  failures: z.int().meta({ description: 'Failed calls in a row.' }),
  opened_at: z.iso.datetime().nullable(),
  retry_at: z.iso.datetime().nullable().meta({ description: 'When it is asked again.' }),
  last_error: z.string().nullable().meta({ description: 'The code of the last failure.', example: 'PROVIDER_TIMEOUT' }),
});
const health = z.object({ status: z.enum(['ok', 'degraded', 'failing']).meta({ description: '`degraded`: an AI provider does not answer; everything else works.' }), version: z.string(), time: z.iso.datetime(), database: part.optional(), queue: part.extend({ waiting: z.int(), dead: z.int() }).optional(), providers: z.array(provider).optional() });

/** What this server is and whether it is well. `routes` is read when it is asked for, so it may still grow. */
export function systemRoutes(deps: Deps, routes: Route[]): Route[] {
  const { db, now, log } = deps;
  const root = route(
    {
      method: 'get', path: '/', operationId: 'describeServer', tag: 'System', auth: 'none', summary: 'Name, version and endpoints', before: [limitByAddress(requestsPerMinute)],
      responses: { 200: { description: 'This server.', schema: z.object({ name: z.string(), version: z.string(), documentation: z.string(), endpoints: z.array(endpoint) }) } },
    },
    async () => ({ body: { name: 'Chatello', version, documentation: '/docs', endpoints: routes.map(({ spec }) => ({ method: spec.method.toUpperCase(), path: spec.path, summary: spec.summary })) } }),
  );

  const healthCheck = route(
    {
      method: 'get', path: '/api/health', operationId: 'checkHealth', tag: 'System', auth: 'none', summary: 'Is the server alive?', before: [limitByAddress(requestsPerMinute)],
      description: '`?detailed=true` asks the database and the queue as well and lists the AI providers.',
      query: z.object({ detailed: z.stringbool({ error: 'must be true or false' }).default(false).meta({ description: 'Ask the database and the queue too.' }) }), errors: [],
      responses: { 200: { description: 'Alive.', schema: health }, 503: { description: 'Alive, but something it needs is failing.', schema: health } },
    },
    async ({ query }) => {
      const head = { version, time: new Date(now()).toISOString() };
      if (!query.detailed) return { body: { status: 'ok', ...head } };
      try {
        await sql`select 1`.execute(db);
        const queue = await countJobs(db);
        const providers = await providerBodies(deps);
        const status = providers.some((each) => each.status === 'degraded') ? 'degraded' : 'ok';
        return { body: { status, ...head, database: { status: 'ok' }, queue: { status: 'ok', ...queue }, providers } };
      } catch (error) {
        log.error({ detail: errorText(error) }, 'health check failed');
        return { status: 503, body: { status: 'failing', ...head, database: { status: 'failing', detail: 'the database does not answer' } } };
      }
    },
  );
  return [root, healthCheck];
}

async function providerBodies(deps: Deps): Promise<z.output<typeof provider>[]> {
  const { upstreams, isDemo } = await loadCatalog(deps);
  if (isDemo) return [{ name: 'demo', title: 'The demo provider', status: 'demo', state: 'closed', failures: 0, opened_at: null, retry_at: null, last_error: null }];
  const time = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  return providerStates(upstreams, deps.now()).map(({ name, title, state, failures, openedAt, retryAt, lastError }) => ({
    name, title, status: state === 'closed' ? 'configured' : 'degraded', state, failures, opened_at: time(openedAt), retry_at: time(retryAt), last_error: lastError ?? null,
  }));
}
