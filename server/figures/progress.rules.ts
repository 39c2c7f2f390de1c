/** The oldest and the newest moment of something; undefined where there is nothing. */
export type TimeSpan = { from: number; until: number } | undefined;

/** How much of a span lies before a place, in whole percent; what has no place yet is not begun. */
export function shareCounted(span: TimeSpan, place: number | undefined): number {
  if (span === undefined) return 100;
  if (place === undefined) return 0;
  if (place >= span.until) return 100;
  return Math.max(0, Math.min(99, Math.floor(((place - span.from) * 100) / (span.until - span.from))));
}
