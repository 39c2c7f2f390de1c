import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { revealKey } from './reveal-key.ts';

/** The one way for a program to see a key again. */
export function revealRoutes(deps: Deps): Route[] {
  const reveal = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/licenses/:id/reveal-key', operationId: 'revealLicenseKey', tag: 'Licences', scope: 'keys.read', summary: 'Show the key of a licence', description: 'Each time stands in the audit log, with the name of the token.', params: idParams('licence'),
      responses: { 200: { description: 'The whole key.', schema: z.object({ id: z.string(), license_key: z.string().meta({ example: 'CHA-7K3M-Q2VX-0RTB-9D4H' }) }) } },
    },
    async ({ params: { id }, caller, trx, at }) => ({ body: { id, license_key: await revealKey(trx, deps.vault, id, caller.scope, caller.by, at) } }),
  );
  return [reveal];
}
