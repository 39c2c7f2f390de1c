import { csvText } from '../csv.rules.ts';
import { dollarText } from './dollars.rules.ts';
import { windowEnd } from './period.rules.ts';

/** What is added up. Tokens cached and written to the cache are included in `input_tokens`, those of reasoning in `output_tokens`; cost is in micro-cents of a US dollar. */
export const statementSums = ['calls', 'requests', 'input_tokens', 'cached_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens', 'characters', 'audio_ms', 'cost_microcents', 'cached_answers', 'failed_calls'] as const;
export type StatementSums = Record<(typeof statementSums)[number], number>;
/** The sums of one day (its first moment, epoch ms), provider, model and source of the key. */
export type StatementLine = { day: number; provider: string; model: string; key_source: string } & StatementSums;
export type Statement = { month: number; until: number; lines: StatementLine[]; totals: StatementSums };

const firstYear = 2000;

/** The first moment of a month written as 2026-11; undefined for anything else. */
export function parseMonth(text: string): number | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  return year === undefined || month === undefined || Number(year) < firstYear ? undefined : Date.UTC(Number(year), Number(month) - 1, 1);
}

/** A month as it is written in addresses: 2026-11. */
export function monthText(month: number): string {
  return new Date(month).toISOString().slice(0, 7);
}

/** A day as 2026-11-21. */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The statement of these lines: its totals are their sums, nothing else. */
export function makeStatement(month: number, lines: StatementLine[]): Statement {
  const totals = Object.fromEntries(statementSums.map((name) => [name, lines.reduce((sum, line) => sum + line[name], 0)])) as StatementSums;
  return { month, until: windowEnd('month', month), lines, totals };
}

/** A line or the totals as other programs get them, with the cost in dollars. */
export function sumsBody({ cost_microcents, ...sums }: StatementSums): Omit<StatementSums, 'cost_microcents'> & { cost_usd: string } {
  const { calls, requests, input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, characters, audio_ms, cached_answers, failed_calls } = sums;
  return { calls, requests, input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, characters, audio_ms, cost_usd: dollarText(cost_microcents), cached_answers, failed_calls };
}

/** The lines as CSV with a head; no totals, so that whoever adds the columns up gets them. */
export function statementCsv({ lines }: Statement): string {
  const rows = lines.map((line) => ({ day: dayText(line.day), provider: line.provider, model: line.model, key_source: line.key_source, ...sumsBody(line) }));
  const head = ['day', 'provider', 'model', 'key_source', ...Object.keys(sumsBody(makeStatement(0, []).totals))];
  return csvText([head, ...rows.map((row) => Object.values(row))]);
}
