import { z } from 'zod';
import { licensesWithin } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { adminRead, idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { catalogCode, versionBound } from '../plans/plan.rules.ts';
import { changeLicenseModules } from './change-modules.ts';
import { storedModules, type EntitledModule } from './modules.rules.ts';
import { getModulesText } from './modules.store.ts';

const module = z.object({
  code: catalogCode,
  max_version: versionBound.nullable().default(null).meta({ description: 'The newest version that is covered; null: every version.' }),
  expires_at: z.iso.datetime().nullable().default(null).meta({ description: 'When it ends before the licence does; null: with the licence.' }),
});
const answered = z.object({ data: z.array(z.object({ code: z.string(), max_version: z.string().nullable(), expires_at: z.iso.datetime().nullable() })) }).meta({ id: 'LicenseModules' });
const body = z.object({ modules: z.array(module).max(100).refine((modules) => new Set(modules.map(({ code }) => code)).size === modules.length, 'must name each module once'), reason: z.string().trim().max(255).optional() });

/** The modules that a licence has beside those of its plan. */
export function licenseModuleRoutes(deps: Deps): Route[] {
  const params = idParams('licence');
  const read = async (db: Db, id: string, caller: ApiCaller) => ({ data: storedModules(await getModulesText(db, id, licensesWithin(caller.scope))).map(shown) });
  return [
    adminRead(deps, { path: '/api/v1/licenses/:id/modules', operationId: 'listLicenseModules', tag: 'Licences', scope: 'licenses.read', summary: 'The modules of a licence beside its plan', params, answer: answered }, ({ params: { id }, caller }) => read(deps.db, id, caller)),
    adminWrite(
      deps,
      {
        method: 'put', path: '/api/v1/licenses/:id/modules', operationId: 'changeLicenseModules', tag: 'Licences', scope: 'licenses.write', summary: 'Say which modules a licence has beside its plan', description: 'It holds with the next validation.',
        params, body, responses: { 200: { description: 'The modules as they are now.', schema: answered } }, current: { hold: 'licenses', read: (db, { id = '' }, caller) => read(db, id, caller) },
      },
      async ({ params: { id }, body: { modules, reason }, caller, trx, at }) => {
        await read(trx, id, caller);
        await changeLicenseModules(trx, id, modules.map(({ code, max_version: maxVersion, expires_at: end }) => ({ code, maxVersion, expiresAt: end === null ? null : Date.parse(end) })), caller.by, at, reason);
        return { body: await read(trx, id, caller) };
      },
    ),
  ];
}

function shown({ code, maxVersion, expiresAt }: EntitledModule): { code: string; max_version: string | null; expires_at: string | null } {
  return { code, max_version: maxVersion, expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}
