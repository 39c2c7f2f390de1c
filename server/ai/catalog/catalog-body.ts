import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { dollarsOf } from '../../usage/dollars.rules.ts';
import { findProvider, listAliases, listPrices, listPriceVersions, listProviders, type PriceVersionRow, type ProviderRow } from './catalog.store.ts';
import { providerKinds } from './provider-settings.rules.ts';
import { priceOfRow } from './stored-providers.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const text = z.string();

export const providerShape = z
  .object({ name: text.meta({ example: 'openai' }), title: text, kind: z.enum(providerKinds), base_url: text, default_model: text.nullable(), has_key: z.boolean(), key_ending: text.nullable(), is_enabled: z.boolean(), created_at: z.iso.datetime(), updated_at: z.iso.datetime() })
  .meta({ id: 'Provider' });

/** The providers that are set up here, or the one of this name; never a key. Those of the environment are not among them. */
export async function providerBodies(db: Db): Promise<z.input<typeof providerShape>[]> {
  return (await listProviders(db)).map(providerBody);
}

/** Throws NOT_FOUND. */
export async function getProviderBody(db: Db, name: string): Promise<z.input<typeof providerShape>> {
  const row = await findProvider(db, name);
  if (!row) throw new AppError('NOT_FOUND', 'There is no provider of this name.', { field: 'path.name' });
  return providerBody(row);
}

function providerBody(row: ProviderRow): z.input<typeof providerShape> {
  const { name, title, kind, base_url, default_model, key_cipher, key_hint, is_enabled, created_at, updated_at } = row;
  return { name, title, kind: z.enum(providerKinds).parse(kind), base_url, default_model, has_key: key_cipher !== null, key_ending: key_hint, is_enabled: is_enabled === 1, created_at: iso(created_at), updated_at: iso(updated_at) };
}

export const aliasTarget = z.object({ provider: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the name of a provider').meta({ example: 'openai' }), model: z.string().regex(/^[\x21-\x7e]{1,120}$/, 'must be the name of a model').meta({ example: 'gpt-5.4-mini' }) });
export const aliasShape = z.object({ alias: text.meta({ example: 'fast' }), targets: z.array(aliasTarget).meta({ description: 'In the order in which they are tried.' }) }).meta({ id: 'ModelAlias' });

/** Every alias with its targets. */
export async function aliasBodies(db: Db): Promise<z.input<typeof aliasShape>[]> {
  const targets = new Map<string, z.input<typeof aliasTarget>[]>();
  for (const { alias, provider, model } of await listAliases(db)) targets.set(alias, [...(targets.get(alias) ?? []), { provider, model }]);
  return [...targets].map(([alias, list]) => ({ alias, targets: list }));
}

/** Throws NOT_FOUND. */
export async function getAliasBody(db: Db, alias: string): Promise<z.input<typeof aliasShape>> {
  const found = (await aliasBodies(db)).find((body) => body.alias === alias);
  if (!found) throw new AppError('NOT_FOUND', 'There is no alias of this name.', { field: 'path.alias' });
  return found;
}

const dollars = text.nullable().meta({ description: 'US dollars; null: the price that stands in for it.', example: '0.25' });
const priceShape = z.object({ provider: text, model: text, service_tier: text, min_input_tokens: z.int(), input: text.meta({ description: 'US dollars per million tokens.', example: '0.25' }), cached_input: dollars, cache_write: dollars, output: text.meta({ example: '2.00' }), reasoning: dollars, characters: dollars, audio_minute: dollars }).meta({ id: 'ModelPrice' });
export const priceVersionShape = z.object({ version: text.meta({ example: '2026-11-21' }), valid_from: z.iso.datetime(), note: text.nullable(), created_by: text, created_at: z.iso.datetime() }).meta({ id: 'PriceVersion' });
export const priceTableShape = priceVersionShape.extend({ prices: z.array(priceShape) }).meta({ id: 'PriceTable' });

/** The price tables there are, without their lines; the last that has begun is in force. */
export async function priceVersionBodies(db: Db): Promise<z.input<typeof priceVersionShape>[]> {
  return (await listPriceVersions(db)).map(versionBody);
}

/** A price table with its lines. Throws NOT_FOUND. */
export async function getPriceTableBody(db: Db, version: string): Promise<z.input<typeof priceTableShape>> {
  const row = (await listPriceVersions(db)).find((candidate) => candidate.version === version);
  if (!row) throw new AppError('NOT_FOUND', 'There is no price table of this version.', { field: 'path.version' });
  const amount = (microcents: number | null) => (microcents === null ? null : dollarsOf(microcents));
  const prices = (await listPrices(db, version)).map(priceOfRow).map((line) => ({
    provider: line.provider, model: line.model, service_tier: line.serviceTier, min_input_tokens: line.minInputTokens,
    input: dollarsOf(line.input), cached_input: amount(line.cachedInput), cache_write: amount(line.cacheWrite), output: dollarsOf(line.output), reasoning: amount(line.reasoning), characters: amount(line.characters), audio_minute: amount(line.audioMinute),
  }));
  return { ...versionBody(row), prices };
}

function versionBody({ version, valid_from, note, created_by, created_at }: PriceVersionRow): z.input<typeof priceVersionShape> {
  return { version, valid_from: iso(valid_from), note, created_by, created_at: iso(created_at) };
}
