import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { knownLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { releaseDevice } from './activate-device.ts';
import { deviceName, devicePlatform, fingerprint } from './device.rules.ts';
import { listDevices } from './devices.store.ts';
import { verdict } from './licenses.routes.ts';
import { deviceActor } from './place-actor.ts';
import { validateDevice } from './validate-license.ts';
import { verdictBody } from './verdict-body.ts';

const textOrNull = z.string().nullable();
const device = z.object({
  fingerprint: z.string().meta({ description: 'As the program sent it. `POST /api/v1/licenses/devices/deactivate` takes it as `device`.', example: '4f1c2d9ab07e53c1' }),
  name: textOrNull.meta({ example: "Anna's laptop" }),
  platform: textOrNull.meta({ example: 'macOS 15' }),
  version: textOrNull.meta({ description: 'Of the product, as the device said it last.', example: '2.4.1' }),
  created_at: z.iso.datetime().meta({ description: 'When it was activated.' }),
  last_seen_at: z.iso.datetime().meta({ description: 'When it last asked, to the hour.' }),
});
const devices = z
  .object({
    devices: z.array(device).meta({ description: 'The one that was activated first at the beginning.' }),
    limits: z.object({ sites: z.int().meta({ description: 'Sites that are no copies and devices, together.' }) }),
    usage: z.object({ sites: z.int().meta({ description: 'Places taken: by sites that are no copies, and by devices.' }) }),
  })
  .meta({ id: 'LicenseDevices' });

/** The devices that use a licence, for whoever holds its key: products that are no websites. */
export function deviceRoutes({ db, vault, now }: Deps): Route[] {
  const tag = 'Licences';
  const limit = limitByAddress(600);

  const activate = route(
    {
      method: 'post', path: '/api/v1/licenses/devices/activate', operationId: 'activateDevice', tag, auth: 'license',
      summary: 'Use this key on this device',
      description: 'Takes one of the places that sites and devices share, or keeps the one that the device has: it may be repeated, and tells a new name or platform. Nothing else gives a device a place, so one that was released stays so until its program asks for this again.',
      headers: licenseKeyHeader, before: [limit],
      body: z.object({
        device: fingerprint, name: deviceName.optional(), platform: devicePlatform.optional(),
        product: z.string().max(64).optional().meta({ description: 'Product code.', example: 'chatello' }), version: z.string().max(32).optional().meta({ description: 'Version of the product that asks.', example: '2.4.1' }),
      }),
      responses: { 200: { description: 'The verdict; `device` has the place.', schema: verdict } }, errors: [],
    },
    async ({ headers, body: { device: known, name, platform, product, version } }) => {
      const at = now();
      const key = headers['x-license-key'];
      const result = await validateDevice(db, vault, { key, device: { fingerprint: known, name, platform }, product, version }, deviceActor(known), at);
      return { body: verdictBody(result, key, at) };
    },
  );

  const list = route(
    {
      method: 'get', path: '/api/v1/licenses/devices', operationId: 'listLicenseDevices', tag, auth: 'license',
      summary: 'The devices that use this key',
      description: 'Works in every state of the licence.',
      headers: licenseKeyHeader, before: [limitByAddress(300)],
      responses: { 200: { description: 'The devices.', schema: devices } }, errors: ['LICENSE_INVALID'],
    },
    async ({ headers }) => {
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, now());
      const found = await listDevices(db, license.id);
      return {
        body: {
          devices: found.map(({ fingerprint: known, name, platform, version, created_at, last_seen_at }) => ({ fingerprint: known, name, platform, version, created_at: new Date(created_at).toISOString(), last_seen_at: new Date(last_seen_at).toISOString() })),
          limits: { sites: license.site_limit },
          usage: { sites: license.sites_used },
        },
      };
    },
  );

  const deactivate = route(
    {
      method: 'post', path: '/api/v1/licenses/devices/deactivate', operationId: 'deactivateDevice', tag, auth: 'license',
      summary: 'Free the place of a device',
      description: 'Of this device or of another one that is gone. Works in every state of the licence and may be repeated; `deactivated` says whether there was a place to free.',
      headers: licenseKeyHeader, body: z.object({ device: fingerprint }), before: [limit],
      responses: { 200: { description: 'Done.', schema: z.object({ deactivated: z.boolean().meta({ description: 'False: the device had no place.' }), device: z.string().meta({ description: 'Its fingerprint.', example: '4f1c2d9ab07e53c1' }) }) } },
      errors: ['LICENSE_INVALID'],
    },
    async ({ headers, body }) => {
      const at = now();
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, at);
      return { body: { deactivated: await releaseDevice(db, license.id, body.device, deviceActor(body.device), at), device: body.device } };
    },
  );

  return [activate, list, deactivate];
}
