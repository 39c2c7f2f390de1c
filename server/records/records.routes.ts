import type { Deps } from '../deps.ts';
import type { Route } from '../http/route.ts';
import { customerRecords } from './customers.store.ts';
import { recordRoutes } from './records.ts';

/** Reading under /api/v1: the list and the single record of everything that the dashboard shows. */
export function recordsRoutes(deps: Deps): Route[] {
  return [...recordRoutes(deps, customerRecords)];
}
