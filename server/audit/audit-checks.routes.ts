import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { adminRead } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { problemKinds } from './chain.rules.ts';
import { readChain, requestCheck, type AuditCheckState } from './check-audit.ts';

const tag = 'People';
const problem = z.object({ kind: z.enum(problemKinds), seq: z.int().nullable(), id: z.string().nullable() });
const check = z.object({
  id: z.string(), status: z.enum(['running', 'intact', 'broken']), requested_by: z.string(), created_at: z.iso.datetime(), finished_at: z.iso.datetime().nullable(),
  lines: z.int().meta({ description: 'Lines that were compared so far.' }), emptied_lines: z.int().meta({ description: 'Lines whose contents the erasure of a customer has removed.' }), problem_count: z.int(), problems: z.array(problem).meta({ description: 'The first hundred.' }),
}).meta({ id: 'AuditCheck' });

/** The hash chain of the audit log: where it ends, and whether it is whole. */
export function auditCheckRoutes(deps: Deps): Route[] {
  const { db } = deps;
  const read = adminRead(
    deps,
    {
      path: '/api/v1/audit-chain', operationId: 'readAuditChain', tag, scope: 'audit.read', summary: 'Where the hash chain of the audit log ends', description: 'Keep `head` outside of this server: it shows later that nothing before it was changed.',
      answer: z.object({ head: z.object({ seq: z.int(), hash: z.string().meta({ description: 'SHA-256 in hexadecimal.' }) }).nullable(), check: check.nullable().meta({ description: 'The newest walk over the chain.' }) }),
    },
    async () => {
      const chain = await readChain(db);
      return { head: chain.head ?? null, check: chain.check ? checkBody(chain.check) : null };
    },
  );
  const start = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/audit-checks', operationId: 'checkAuditChain', tag, scope: 'audit.read', summary: 'Walk over the hash chain of the audit log', description: 'It is done in the background; `GET /api/v1/audit-chain` says how far it has come. One that is under way is not started twice.', responses: { 202: { description: 'The check that is under way.', schema: z.object({ id: z.string() }) } } },
    async ({ caller, trx, at }) => ({ status: 202, body: { id: await requestCheck(trx, caller.by, at) } }),
  );
  return [read, start];
}

function checkBody({ id, status, requestedBy, createdAt, finishedAt, progress }: AuditCheckState): z.input<typeof check> {
  const { lines, emptied, problemCount, problems } = progress;
  return { id, status, requested_by: requestedBy, created_at: new Date(createdAt).toISOString(), finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(), lines, emptied_lines: emptied, problem_count: problemCount, problems };
}
