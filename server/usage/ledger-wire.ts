import { quotaScopes, quotaUnits, unlimited, type Amounts, type Limits, type ScopeLimits } from './limits.rules.ts';
import type { LedgerAnswer, LedgerWrite } from './ledger-writes.ts';
import { quotaWindows, type Windows } from './period.rules.ts';
import type { Counted } from './quota.rules.ts';
import { outcomeColumns, type Outcome } from './usage.store.ts';

/**
 * Ledger writes and their answers on the way between two threads: lists of plain values, whose names both sides know. Objects would take as
 * long to pack as the thread saves.
 */
type Value = string | number | null;
type PackedWrite = [kind: 0 | 1, ...Value[]];
type PackedAnswer = { failure: string } | boolean | [id: string | null, ...counted: number[]];

const places = quotaScopes.flatMap((scope) => quotaWindows.flatMap((window) => quotaUnits.map((unit) => ({ scope, window, unit }))));
const reserveValues = 13;
const endingValues = 10;
const countedValues = quotaWindows.length * (1 + quotaUnits.length);

export function packWrites(writes: LedgerWrite[]): string {
  return JSON.stringify(writes.map(packWrite));
}

function packWrite(write: LedgerWrite): PackedWrite {
  if (write.kind === 'reserve') {
    const { licenseId, site, visitor, most, endpoint, provider, model, askedModel, keySource, isStream, lifetimeMs, limits } = write.request;
    return [0, write.now, licenseId, site, visitor, most.requests, most.tokens, most.cost, endpoint, provider, model, askedModel, keySource, isStream ? 1 : 0, lifetimeMs, ...packLimits(limits)];
  }
  const { id, licenseId, site, visitor, windows, difference, outcome } = write.ending;
  return [1, write.now, id, licenseId, site, visitor, windows.hour, windows.day, windows.month, difference.requests, difference.tokens, difference.cost, ...outcomeColumns.map((column) => outcome[column])];
}

export function unpackWrites(text: string): LedgerWrite[] {
  return (JSON.parse(text) as PackedWrite[]).map(unpackWrite);
}

function unpackWrite([kind, now, ...values]: PackedWrite): LedgerWrite {
  if (kind === 0) {
    const [licenseId, site, visitor, requests, tokens, cost, endpoint, provider, model, askedModel, keySource, isStream, lifetimeMs] = values as [string, string | null, string | null, number, number, number, string, string, string, string | null, 'managed' | 'own', number, number];
    const request = { licenseId, site, visitor, most: { requests, tokens, cost }, endpoint, provider, model, askedModel, keySource, isStream: isStream === 1, lifetimeMs };
    return { kind: 'reserve', request: { ...request, limits: unpackLimits(values.slice(reserveValues) as number[]) }, now: now as number };
  }
  const [id, licenseId, site, visitor, hour, day, month, requests, tokens, cost] = values as [string, string, string | null, string | null, number, number, number, number, number, number];
  const outcome = Object.fromEntries(outcomeColumns.map((column, index) => [column, values[endingValues + index]])) as Outcome;
  return { kind: 'settle', ending: { id, licenseId, site, visitor, windows: { hour, day, month }, difference: { requests, tokens, cost }, outcome }, now: now as number };
}

const packedLimits = new WeakMap<Limits, number[]>();

/** Only what is limited, as pairs of place and limit. Packed once for each licence whose terms are remembered: limits never change. */
function packLimits(limits: Limits): number[] {
  let packed = packedLimits.get(limits);
  if (!packed) {
    packed = places.flatMap(({ scope, window, unit }, place) => (limits[scope][window][unit] === unlimited ? [] : [place, limits[scope][window][unit]]));
    packedLimits.set(limits, packed);
  }
  return packed;
}

function unpackLimits(pairs: number[]): Limits {
  const none = (): Amounts => ({ requests: unlimited, tokens: unlimited, cost: unlimited });
  const scope = (): ScopeLimits => ({ hour: none(), day: none(), month: none() });
  const limits: Limits = { license: scope(), site: scope(), visitor: scope() };
  for (let index = 0; index < pairs.length; index += 2) {
    const place = places[pairs[index] as number];
    if (place) limits[place.scope][place.window][place.unit] = pairs[index + 1] as number;
  }
  return limits;
}

export function packAnswers(answers: LedgerAnswer[], textOf: (failure: unknown) => string): string {
  return JSON.stringify(answers.map((answer): PackedAnswer => {
    if ('failure' in answer) return { failure: textOf(answer.failure) };
    if (typeof answer.result === 'boolean') return answer.result;
    return [answer.result.id ?? null, ...answer.result.counted.flatMap(packCounted)];
  }));
}

export function unpackAnswers(text: string): LedgerAnswer[] {
  return (JSON.parse(text) as PackedAnswer[]).map((answer) => {
    if (typeof answer === 'boolean') return { result: answer };
    if (!Array.isArray(answer)) return { failure: new Error(answer.failure) };
    const [id, ...values] = answer;
    const counted: Counted[] = [];
    for (let index = 0; index < values.length; index += countedValues) counted.push(unpackCounted(values, index));
    return { result: { id: id ?? undefined, counted } };
  });
}

function packCounted({ windows, used: { hour, day, month } }: Counted): number[] {
  return [windows.hour, windows.day, windows.month, hour.requests, hour.tokens, hour.cost, day.requests, day.tokens, day.cost, month.requests, month.tokens, month.cost];
}

function unpackCounted(values: number[], start: number): Counted {
  const at = (index: number) => values[start + index] as number;
  const amounts = (index: number): Amounts => ({ requests: at(index), tokens: at(index + 1), cost: at(index + 2) });
  const windows: Windows = { hour: at(0), day: at(1), month: at(2) };
  return { windows, used: { hour: amounts(3), day: amounts(6), month: amounts(9) } };
}
