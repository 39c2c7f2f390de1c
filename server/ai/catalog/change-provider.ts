import { recordAudit, type Actor } from '../../audit/record-audit.ts';
import { insertedOnce, transact, type Db } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { deleteProvider, findProvider, insertProvider, listProviders, updateProvider, type ProviderRow } from './catalog.store.ts';
import { environmentProviders } from './environment-providers.ts';
import { refreshCatalog, type CatalogDeps } from './load-catalog.ts';
import { parseBaseUrl } from './provider-address.rules.ts';
import type { ProviderKind } from './provider-settings.rules.ts';
import { providerKeyAad } from './stored-providers.ts';

export type ProviderInput = {
  title: string;
  kind: ProviderKind;
  baseUrl: string;
  defaultModel: string | undefined;
  /** `keep` only for a provider that there is already. */
  key: { change: 'keep' } | { change: 'none' } | { change: 'set'; apiKey: string };
};

/** Sets a provider up, after those that there are. Throws CONFLICT for a name that is taken, INVALID_REQUEST for an address that is none. */
export async function addProvider(deps: CatalogDeps, name: string, input: ProviderInput, by: Actor): Promise<void> {
  const { db, config, now } = deps;
  const id = newId();
  const at = now();
  if (environmentProviders(config).some((provider) => provider.name === name)) throw nameTaken(name);
  const columns = columnsOf(deps, id, input);
  const inserted = await insertedOnce(
    transact(db, async (trx) => {
      const position = Math.max(0, ...(await listProviders(trx)).map((row) => row.position + 1));
      await insertProvider(trx, { id, name, key_cipher: null, key_id: null, key_hint: null, is_enabled: 1, position, ...columns, created_at: at, updated_at: at });
      await recordAudit(trx, by, { action: 'provider.added', entity: 'provider', entityId: name, after: visible(columns) }, at);
    }),
  );
  if (!inserted) throw nameTaken(name);
  await refreshCatalog(deps);
}

/** Changes what a provider is set up with. The key is kept only for the address that it was given for. Throws NOT_FOUND, and INVALID_REQUEST that names the field. */
export function changeProvider(deps: CatalogDeps, name: string, input: ProviderInput, by: Actor): Promise<void> {
  return change(deps, name, by, 'provider.changed', (row) => {
    if (input.key.change === 'keep' && row.key_cipher !== null && originOf(input.baseUrl) !== originOf(row.base_url)) {
      throw new AppError('INVALID_REQUEST', 'apiKey: enter the key again, since the address is another one', { field: 'apiKey' });
    }
    return columnsOf(deps, row.id, input);
  });
}

/** Switches a provider on or off; requests that are under way end as they would. Throws NOT_FOUND. */
export function switchProvider(deps: CatalogDeps, name: string, isEnabled: boolean, by: Actor): Promise<void> {
  return change(deps, name, by, isEnabled ? 'provider.enabled' : 'provider.disabled', () => ({ is_enabled: isEnabled ? 1 : 0 }));
}

/** Forgets a provider and its key. The ledger keeps its name. Throws NOT_FOUND. */
export async function removeProvider(deps: CatalogDeps, name: string, by: Actor): Promise<void> {
  const { db, now } = deps;
  await transact(db, async (trx) => {
    const row = await getProvider(trx, name);
    await deleteProvider(trx, row.id);
    await recordAudit(trx, by, { action: 'provider.removed', entity: 'provider', entityId: name, before: visible(row) }, now());
  });
  await refreshCatalog(deps);
}

async function change(deps: CatalogDeps, name: string, by: Actor, action: string, changesOf: (row: ProviderRow) => Partial<ProviderRow>): Promise<void> {
  const at = deps.now();
  await transact(deps.db, async (trx) => {
    const row = await getProvider(trx, name);
    const changes = changesOf(row);
    await updateProvider(trx, row.id, { ...changes, updated_at: at });
    await recordAudit(trx, by, { action, entity: 'provider', entityId: name, before: visible(row), after: visible({ ...row, ...changes }) }, at);
  });
  await refreshCatalog(deps);
}

async function getProvider(db: Db, name: string): Promise<ProviderRow> {
  const row = await findProvider(db, name);
  if (!row) throw new AppError('NOT_FOUND', 'There is no provider of this name.');
  return row;
}

type Columns = Pick<ProviderRow, 'title' | 'kind' | 'base_url' | 'default_model'> & Partial<Pick<ProviderRow, 'key_cipher' | 'key_id' | 'key_hint'>>;

function columnsOf({ vault }: Pick<CatalogDeps, 'vault'>, id: string, { title, kind, baseUrl, defaultModel, key }: ProviderInput): Columns {
  const parsed = parseBaseUrl(baseUrl);
  if ('problem' in parsed) throw new AppError('INVALID_REQUEST', 'baseUrl: is not an address that a provider can be at', { field: 'baseUrl', detail: parsed.problem });
  const columns = { title, kind, base_url: parsed.baseUrl, default_model: defaultModel ?? null };
  if (key.change === 'keep') return columns;
  if (key.change === 'none') return { ...columns, key_cipher: null, key_id: null, key_hint: null };
  const { cipher, keyId } = vault.seal(key.apiKey, providerKeyAad(id));
  return { ...columns, key_cipher: cipher, key_id: keyId, key_hint: key.apiKey.length >= 12 ? key.apiKey.slice(-4) : '' };
}

/** What the audit log may hold: nothing of the key but its ending. */
function visible({ title, kind, base_url: baseUrl, default_model: defaultModel, key_hint: keyHint, is_enabled: isEnabled }: Columns & { is_enabled?: number }): Record<string, unknown> {
  return { title, kind, base_url: baseUrl, default_model: defaultModel, key: keyHint === null || keyHint === undefined ? null : `…${keyHint}`, enabled: isEnabled !== 0 };
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}

function nameTaken(name: string): AppError {
  return new AppError('CONFLICT', `There is a provider "${name}" already.`, { field: 'name' });
}
