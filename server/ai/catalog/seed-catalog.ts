import type { Db } from '../../db/database.ts';
import { newId } from '../../ids.ts';
import { insertAliasTargets, insertPrices, insertPriceVersion, listAliases, listPriceVersions } from './catalog.store.ts';
import { listPrices, listPricesNote } from './list-prices.ts';

const aliases: Record<string, [provider: string, model: string][]> = {
  'chatello-fast': [['openai', 'gpt-5.4-mini'], ['anthropic', 'claude-haiku-5-5'], ['deepseek', 'deepseek-v4-flash']],
  'chatello-smart': [['openai', 'gpt-5.4'], ['anthropic', 'claude-sonnet-5-5'], ['deepseek', 'deepseek-v4-pro']],
};
const version = 'list-2026-11';

/** Adds the first price table and the aliases that a new database needs. What is there stays as the operator left it. */
export async function seedCatalog(db: Db, now: number): Promise<void> {
  if ((await listPriceVersions(db)).length === 0) {
    // From the beginning of time: there is no moment at which a new server has no prices.
    await insertPriceVersion(db, { version, valid_from: 0, note: listPricesNote, created_by: 'system', created_at: now });
    await insertPrices(db, listPrices().map(({ provider, model, serviceTier, minInputTokens, input, cachedInput, cacheWrite, output, reasoning, characters, audioMinute }) => ({
      id: newId(), version, provider, model, service_tier: serviceTier, min_input_tokens: minInputTokens, input, cached_input: cachedInput, cache_write: cacheWrite, output, reasoning, characters, audio_minute: audioMinute,
    })));
    // With the first table only: an alias that the operator has deleted does not come back.
    const known = new Set((await listAliases(db)).map(({ alias }) => alias));
    const rows = Object.entries(aliases).flatMap(([alias, targets]) => (known.has(alias) ? [] : targets.map(([provider, model], position) => ({ alias, position, provider, model, created_at: now }))));
    if (rows.length > 0) await insertAliasTargets(db, rows);
  }
}
