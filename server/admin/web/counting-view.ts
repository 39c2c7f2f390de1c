import type { CountingPart } from '../../figures/read-progress.ts';

/** How far the count of the figures has come, for the partial `counting`; undefined when there is nothing to wait for. */
export function countingView(parts: CountingPart[] | undefined): { kind: string; share: number; thousandths: number }[] | undefined {
  if (parts?.every(({ percent }) => percent === 100)) return undefined;
  return parts?.map(({ kind, percent }) => ({ kind, share: percent, thousandths: percent * 10 }));
}
