import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { adminRead, idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { listDeadJobs } from './jobs.store.ts';
import { jobsRetriedAtOnce, deleteJob, retryJob, retryJobs } from './manage-jobs.ts';

const tag = 'System';
const deadShown = 100;
const dead = z.object({ id: z.string(), kind: z.string().meta({ example: 'apply-delivery' }), attempts: z.int(), last_error: z.string().nullable(), given_up_at: z.iso.datetime() }).meta({ id: 'DeadJob' });

/** Jobs that were given up: to see, to run again, to forget. */
export function jobRoutes(deps: Deps): Route[] {
  const params = idParams('job');
  return [
    adminRead(
      deps,
      { path: '/api/v1/dead-jobs', operationId: 'listDeadJobs', tag, scope: 'settings.read', summary: 'Jobs that were given up', description: `At most ${deadShown}, the newest first.`, answer: z.object({ data: z.array(dead), next_cursor: z.null() }) },
      async () => ({ data: (await listDeadJobs(deps.db, deadShown)).map(({ id, kind, attempts, last_error, updated_at: at }) => ({ id, kind, attempts, last_error, given_up_at: new Date(at).toISOString() })), next_cursor: null }),
    ),
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/dead-jobs/:id/retry', operationId: 'retryJob', tag, scope: 'settings.write', summary: 'Run a job again that was given up', params, responses: { 202: { description: 'It runs as soon as there is room.', schema: z.object({ id: z.string() }) } }, errors: ['CONFLICT'] },
      async ({ params: { id }, caller, trx, at }) => {
        await retryJob(trx, id, caller.by, at);
        return { status: 202, body: { id } };
      },
    ),
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/job-retries', operationId: 'retryJobs', tag, scope: 'settings.write', summary: 'Run all jobs of a kind again that were given up', description: `At most ${jobsRetriedAtOnce} in one request: while the count is that many, ask again.`, body: z.object({ kind: z.string().min(1).max(64).meta({ example: 'apply-delivery' }) }), responses: { 202: { description: 'They run as soon as there is room.', schema: z.object({ count: z.int() }) } } },
      async ({ body: { kind }, caller, trx, at }) => ({ status: 202, body: { count: await retryJobs(trx, kind, jobsRetriedAtOnce, caller.by, at) } }),
    ),
    adminWrite(
      deps,
      { method: 'delete', path: '/api/v1/dead-jobs/:id', operationId: 'deleteJob', tag, scope: 'settings.write', summary: 'Forget a job that was given up', description: 'What it should have done is not done.', params, responses: { 200: { description: 'Forgotten.', schema: z.object({ id: z.string(), deleted: z.literal(true) }) } }, errors: ['CONFLICT'] },
      async ({ params: { id }, caller, trx, at }) => {
        await deleteJob(trx, id, caller.by, at);
        return { body: { id, deleted: true } };
      },
    ),
  ];
}
