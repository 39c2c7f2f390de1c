import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { errorText } from '../../errors.ts';
import { openUpstream, type Upstream } from '../gateway/upstreams.ts';
import { listAliases, listPrices, listPriceVersions, listProviders, type PriceVersionRow } from './catalog.store.ts';
import { environmentProviders } from './environment-providers.ts';
import { priceTable, type PriceTable } from './find-price.rules.ts';
import type { ProviderSettings } from './provider-settings.rules.ts';
import { priceOfRow, sameSettings, settingsOfRow } from './stored-providers.ts';

export type AliasTarget = { provider: string; model: string };

/** What this server knows of providers, models and prices at one moment. It never changes; the next one replaces it. */
export type Catalog = {
  /** That can be asked, in the order in which they are preferred. */
  upstreams: readonly Upstream[];
  /** While no provider has ever been set up, the demo answers. */
  isDemo: boolean;
  /** By name; their targets in the order in which they are tried. */
  aliases: ReadonlyMap<string, readonly AliasTarget[]>;
  /** The price table in force and those that will be, in the order of validity: see pricesAt. */
  priceTables: readonly PriceTable[];
};

export type CatalogDeps = Pick<Deps, 'config' | 'db' | 'vault' | 'log' | 'now'>;

type Open = { settings: ProviderSettings; upstream: Upstream };
type State = { catalog: Catalog | undefined; readAt: number; reading: Promise<Catalog> | undefined; isOutdated: boolean; open: Map<string, Open>; tables: Map<string, PriceTable> };

const freshMs = 2_000;
const states = new WeakMap<Db, State>();

/**
 * The catalogue, at most two seconds old: at once while it is fresh, otherwise it is read again first. When the database fails the
 * one before goes on; throws only while there is none yet.
 */
export function loadCatalog(deps: CatalogDeps): Catalog | Promise<Catalog> {
  const state = stateOf(deps.db);
  const age = deps.now() - state.readAt;
  if (state.catalog && !state.isOutdated && age >= 0 && age < freshMs) return state.catalog;
  return readOnce(deps, state);
}

/** Reads the catalogue anew, after a change that this process has made. In a transaction there is nothing to be read yet: whoever commits refreshes. */
export async function refreshCatalog(deps: CatalogDeps): Promise<void> {
  if (deps.db.isTransaction) return;
  const state = stateOf(deps.db);
  state.isOutdated = true;
  // What is being read may be from before the change.
  await state.reading?.catch(() => undefined);
  await readOnce(deps, state);
}

function stateOf(db: Db): State {
  let state = states.get(db);
  if (!state) {
    state = { catalog: undefined, readAt: 0, reading: undefined, isOutdated: true, open: new Map(), tables: new Map() };
    states.set(db, state);
  }
  return state;
}

function readOnce(deps: CatalogDeps, state: State): Promise<Catalog> {
  state.reading ??= replaceCatalog(deps, state).finally(() => {
    state.reading = undefined;
  });
  return state.reading;
}

async function replaceCatalog(deps: CatalogDeps, state: State): Promise<Catalog> {
  const at = deps.now();
  state.isOutdated = false;
  try {
    state.catalog = await readCatalog(deps, state, at);
  } catch (error) {
    state.isOutdated = true;
    if (!state.catalog) throw error;
    deps.log.warn({ detail: errorText(error) }, 'the providers and prices could not be read; those known before go on');
    return state.catalog;
  }
  state.readAt = at;
  return state.catalog;
}

async function readCatalog({ config, db, vault, log }: CatalogDeps, state: State, at: number): Promise<Catalog> {
  const fromEnvironment = environmentProviders(config);
  const taken = new Set(fromEnvironment.map(({ name }) => name));
  const [rows, aliasRows, versions] = await Promise.all([listProviders(db), listAliases(db), listPriceVersions(db)]);
  const stored = rows.flatMap((row) => {
    if (row.is_enabled === 0 || taken.has(row.name)) return [];
    try {
      return [settingsOfRow(row, vault)];
    } catch (error) {
      // One key that cannot be opened must not keep the others from answering.
      log.error({ provider: row.name, detail: errorText(error) }, 'a provider cannot be used');
      return [];
    }
  });
  const aliases = new Map<string, AliasTarget[]>();
  for (const { alias, provider, model } of aliasRows) aliases.set(alias, [...(aliases.get(alias) ?? []), { provider, model }]);
  const priceTables = await readTables(db, state, versions, at);
  return { upstreams: openAll(state, [...fromEnvironment, ...stored]), isDemo: fromEnvironment.length === 0 && rows.length === 0, aliases, priceTables };
}

/** Connections, and what was seen of a provider's health, live on while its settings are the same. */
function openAll(state: State, all: ProviderSettings[]): Upstream[] {
  const before = state.open;
  state.open = new Map(
    all.map((settings) => {
      const known = before.get(settings.name);
      return [settings.name, known && sameSettings(known.settings, settings) ? known : { settings, upstream: openUpstream(settings) }];
    }),
  );
  for (const [name, { upstream }] of before) if (state.open.get(name)?.upstream !== upstream) upstream.close();
  return [...state.open.values()].map(({ upstream }) => upstream);
}

/** A version never changes, so each is read once; those that are over are forgotten. */
async function readTables(db: Db, state: State, versions: PriceVersionRow[], at: number): Promise<PriceTable[]> {
  const inForce = versions.findLastIndex(({ valid_from: validFrom }) => validFrom <= at);
  const tables = await Promise.all(
    versions.slice(Math.max(0, inForce)).map(async ({ version, valid_from: validFrom }) => state.tables.get(version) ?? priceTable(version, validFrom, (await listPrices(db, version)).map(priceOfRow))),
  );
  state.tables = new Map(tables.map((table) => [table.version, table]));
  return tables;
}
