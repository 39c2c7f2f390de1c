import type { Db } from '../db/database.ts';
import { monthsCursor } from './count-months.ts';
import { shareCounted } from './progress.rules.ts';
import { findCursor } from './figures.store.ts';
import { findLicenseAt, findSpan } from './progress.store.ts';

/** How much of something is in the figures, in percent. */
export type CountingPart = { kind: 'customer' | 'license' | 'order' | 'usage'; percent: number };

/**
 * How far the first count has come, or that of `rebuild-figures`; undefined once all was counted. Percentages are those of time between the oldest and the newest row, for nothing
 * is counted to say how much has been counted.
 */
export async function readCountingProgress(db: Db): Promise<CountingPart[] | undefined> {
  if (await findCursor(db, 'counted')) return undefined;
  const parts: CountingPart[] = [];
  for (const kind of ['customer', 'license', 'order'] as const) {
    parts.push({ kind, percent: shareCounted(await findSpan(db, kind), (await findCursor(db, `changed:${kind}`))?.position) });
  }
  const days = shareCounted(await findSpan(db, 'usage'), (await findCursor(db, 'usage'))?.position);
  const months = await findCursor(db, monthsCursor);
  const monthsCounted = months === undefined || months.entityId === '' ? days : shareCounted(await findSpan(db, 'issued'), await findLicenseAt(db, months.entityId));
  return [...parts, { kind: 'usage', percent: Math.floor((days + monthsCounted) / 2) }];
}
