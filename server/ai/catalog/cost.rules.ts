/** Micro-cents per million tokens or characters, and per minute of audio. Null: the price after the dash holds. */
export type PriceRates = {
  input: number;
  /** - `input` */
  cachedInput: number | null;
  /** - `input` */
  cacheWrite: number | null;
  output: number;
  /** - `output` */
  reasoning: number | null;
  /** - nothing */
  characters: number | null;
  /** - nothing */
  audioMinute: number | null;
};

/** What a request has used. `input` includes `cached` and `cacheWrite`, `output` includes `reasoning`. */
export type BilledUsage = { input: number; cached: number; cacheWrite: number; output: number; reasoning: number; characters: number; audioMs: number };

/** Of a request that has not been answered yet. */
export type Sizes = Pick<BilledUsage, 'input' | 'output'> & Partial<Pick<BilledUsage, 'characters' | 'audioMs'>>;

const million = 1_000_000n;
const minuteMs = 60_000n;

/** What the usage costs in whole micro-cents, rounded up once over everything. Each token is billed once, parts that exceed their whole are cut to it, and what is no number counts as nothing. */
export function costOf(price: PriceRates, usage: Partial<BilledUsage>): number {
  const input = whole(usage.input);
  const cached = min(whole(usage.cached), input);
  const cacheWrite = min(whole(usage.cacheWrite), input - cached);
  const output = whole(usage.output);
  const reasoning = min(whole(usage.reasoning), output);
  const perMillion =
    (input - cached - cacheWrite) * whole(price.input) +
    cached * whole(price.cachedInput ?? price.input) +
    cacheWrite * whole(price.cacheWrite ?? price.input) +
    (output - reasoning) * whole(price.output) +
    reasoning * whole(price.reasoning ?? price.output) +
    whole(usage.characters) * whole(price.characters ?? 0);
  const parts = perMillion * minuteMs + whole(usage.audioMs) * whole(price.audioMinute ?? 0) * million;
  const divisor = million * minuteMs;
  return Number(min((parts + divisor - 1n) / divisor, BigInt(Number.MAX_SAFE_INTEGER)));
}

/** The most that a request can cost of which only the sizes are known: every token at the dearest of its prices. */
export function highestCostOf(price: PriceRates, usage: Sizes): number {
  const input = Math.max(price.input, price.cachedInput ?? 0, price.cacheWrite ?? 0);
  const output = Math.max(price.output, price.reasoning ?? 0);
  return costOf({ ...price, input, cachedInput: null, cacheWrite: null, output, reasoning: null }, usage);
}

function whole(value: number | undefined): bigint {
  return value !== undefined && Number.isFinite(value) && value > 0 ? BigInt(Math.ceil(value)) : 0n;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
