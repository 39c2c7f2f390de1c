import { recordAudit, type Actor } from '../../audit/record-audit.ts';
import { transact, type Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { insertPrices, insertPriceVersion, listPriceVersions } from './catalog.store.ts';
import { priceLine, priceProblems, type PriceLine } from './price-version.rules.ts';

export type NewPriceVersion = {
  /** Epoch ms; a moment that is over already means now. */
  validFrom: number;
  note: string | undefined;
  /** The whole table: what is not in it has no price. */
  prices: readonly PriceLine[];
};

const longestTable = 5_000;

/**
 * Adds a price table that holds from `validFrom` until the next one, and returns its name. Throws INVALID_REQUEST for a table that says
 * something twice or leaves a model without a basic price. The catalogue must be refreshed after the commit.
 */
export async function addPriceVersion(db: Db, { validFrom, note, prices }: NewPriceVersion, by: Actor, now: number): Promise<string> {
  const lines = prices.map((line) => priceLine.parse(line));
  const [problem] = priceProblems(lines);
  if (problem) throw new AppError('INVALID_REQUEST', `prices.${problem.line}: ${problem.text === 'error.price_twice' ? 'the same model, tier and size is there twice' : 'the model needs a line for the tier "default" from 0 tokens on'}`, { field: 'prices' });
  if (lines.length === 0 || lines.length > longestTable) throw new AppError('INVALID_REQUEST', `prices: a table has between 1 and ${longestTable} lines`, { field: 'prices' });
  const begins = Math.max(validFrom, now);
  return transact(db, async (trx) => {
    const version = await insertUnderFreeName(trx, new Date(begins).toISOString().slice(0, 10), { valid_from: begins, note: note ?? null, created_by: by.actor, created_at: now });
    await insertPrices(trx, lines.map((line) => ({
      id: newId(), version, provider: line.provider, model: line.model, service_tier: line.serviceTier, min_input_tokens: line.minInputTokens,
      input: line.input, cached_input: line.cachedInput, cache_write: line.cacheWrite, output: line.output, reasoning: line.reasoning, characters: line.characters, audio_minute: line.audioMinute,
    })));
    await recordAudit(trx, by, { action: 'prices.added', entity: 'prices', entityId: version, after: { valid_from: begins, lines: lines.length, note: note ?? null } }, now);
    return version;
  });
}

/** The date, or the date and a number when the day has a table already. */
async function insertUnderFreeName(db: Db, day: string, row: { valid_from: number; note: string | null; created_by: string; created_at: number }): Promise<string> {
  const ofDay = (await listPriceVersions(db)).filter(({ version }) => version === day || version.startsWith(`${day}.`)).length;
  for (let number = ofDay + 1; ; number += 1) {
    const version = number === 1 ? day : `${day}.${number}`;
    if (await insertPriceVersion(db, { version, ...row })) return version;
  }
}
