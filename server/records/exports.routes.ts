import { z } from 'zod';
import { covers } from '../api-tokens/scopes.rules.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { route, type Route } from '../http/route.ts';
import { sendFile } from '../http/send-file.ts';
import { customerRecords } from './customers.records.ts';
import { exportFormats, exportRecords, idsByPlace } from './export-records.ts';
import { licenseRecords } from './licenses.records.ts';
import { deliveryRecords, emailRecords, webhookDeliveryRecords } from './messages.records.ts';
import { orderRecords } from './orders.records.ts';
import { auditRecords, organizationRecords, userRecords } from './people.records.ts';
import { recordPlaces, sortNames, type Records } from './records.ts';
import { subscriptionRecords } from './subscriptions.records.ts';
import { usageRecords } from './usage.records.ts';

/** Exports under /api/v1/exports: the same filters and orders as the lists, everything in one file. */
export function exportRoutes(deps: Deps): Route[] {
  return [
    exportRoute(deps, customerRecords),
    exportRoute(deps, licenseRecords),
    exportRoute(deps, orderRecords),
    exportRoute(deps, subscriptionRecords),
    exportRoute(deps, usageRecords, 'usage'),
    exportRoute(deps, emailRecords),
    exportRoute(deps, deliveryRecords),
    exportRoute(deps, webhookDeliveryRecords),
    exportRoute(deps, organizationRecords),
    exportRoute(deps, userRecords),
    exportRoute(deps, auditRecords),
  ];
}

function exportRoute<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(deps: Deps, records: Records<Table, Filters, Item>, name = records.name): Route {
  const query = z.strictObject({ ...records.filters, format: z.enum(exportFormats).default('csv'), sort: z.enum(sortNames(records)).default(sortNames(records)[0]) });
  return route(
    {
      method: 'get', path: `/api/v1/exports/${name}`, operationId: `export${name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`, tag: 'Exports', auth: 'admin', scope: 'exports.read', before: adminAuth(deps, 'exports.read', 'bounded'),
      summary: `Export ${name.replaceAll('-', ' ')}`,
      description: `Everything that the filters leave, without paging, sent as it is read; a transfer that is cut off is not the whole file. In CSV no text can act as a formula. Needs \`${records.scope}\` too.`,
      query, responses: { 200: { description: 'The file.', schema: z.array(records.item), also: { 'text/csv': z.string() } } }, errors: [],
    },
    async ({ query: asked, res }) => {
      const caller = callerOf(res);
      if (!covers(caller.scopes, records.scope)) throw new AppError('FORBIDDEN', `This API token lacks the scope "${records.scope}".`, { field: 'headers.authorization' });
      const { format, sort, ...filters } = asked as { format: 'csv' | 'json'; sort: string };
      const ids = idsByPlace((after, limit) => recordPlaces(deps, records, { filters: filters as z.output<z.ZodObject<Filters>>, caller, sort, after, limit }));
      await sendFile(res, await exportRecords(deps, records, { ids, format, asked: filters, by: caller.by }));
      return undefined;
    },
  );
}
