import { z } from 'zod';
import { settingNames } from '../config.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { adminRead } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { changeSettings, getSetting, listSettings, type Setting } from './change-settings.ts';
import { holdSetting } from './settings.store.ts';
import { forgetSettings } from './with-settings.ts';

const tag = 'Settings';
const shape = z
  .object({
    name: z.enum(settingNames).meta({ example: 'REMINDER_DAYS' }),
    value: z.string().meta({ description: 'What holds now, as the variable of this name would have it.', example: '30,7,1' }),
    default: z.string(),
    source: z.enum(['environment', 'settings', 'default']).meta({ description: '`environment`: it cannot be changed here.' }),
  })
  .meta({ id: 'Setting' });
const params = z.object({ name: z.string().max(64).meta({ description: 'Name of the setting.', example: 'REMINDER_DAYS' }) });

/** What can be changed while the server runs. */
export function settingRoutes(deps: Deps): Route[] {
  const read = async (db: Db, name: string) => shown(await getSetting({ ...deps, db }, name));
  return [
    adminRead(deps, { path: '/api/v1/settings', operationId: 'listSettings', tag, scope: 'settings.read', summary: 'List the settings', answer: z.object({ data: z.array(shape), next_cursor: z.null() }) }, async () => ({ data: (await listSettings(deps)).map(shown), next_cursor: null })),
    adminRead(deps, { path: '/api/v1/settings/:name', operationId: 'readSetting', tag, scope: 'settings.read', summary: 'Read one setting', params, answer: shape }, ({ params: { name } }) => read(deps.db, name)),
    adminWrite(
      deps,
      {
        method: 'put', path: '/api/v1/settings/:name', operationId: 'changeSetting', tag, scope: 'settings.write', summary: 'Change a setting', description: 'It holds at once, in other processes within five seconds. An empty value brings the default back.',
        params, body: z.object({ value: z.string().max(500) }), responses: { 200: { description: 'The setting as it is now.', schema: shape } }, errors: ['CONFLICT'],
        current: { hold: (trx, { name = '' }) => holdSetting(trx, name), read: (db, { name = '' }) => read(db, name) },
      },
      async ({ params: { name }, body: { value }, caller, deps: inside, trx }) => {
        await changeSettings(inside, { [name]: value }, caller.by);
        return { body: await read(trx, name), afterCommit: async () => forgetSettings() };
      },
    ),
  ];
}

function shown({ name, text, defaultText, isGiven, isStored }: Setting): z.input<typeof shape> {
  return { name, value: text, default: defaultText, source: isGiven ? 'environment' : isStored ? 'settings' : 'default' };
}
