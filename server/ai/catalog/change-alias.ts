import { recordAudit, type Actor } from '../../audit/record-audit.ts';
import { transact } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import { deleteAlias, insertAliasTargets, listAliases } from './catalog.store.ts';
import { refreshCatalog, type AliasTarget, type CatalogDeps } from './load-catalog.ts';

/** Gives an alias these targets, in the order in which they are to be tried; none removes it. */
export async function saveAlias(deps: CatalogDeps, alias: string, targets: readonly AliasTarget[], by: Actor): Promise<void> {
  const at = deps.now();
  await transact(deps.db, async (trx) => {
    const before = (await listAliases(trx)).filter((row) => row.alias === alias).map(nameOf);
    if (before.length === 0 && targets.length === 0) throw new AppError('NOT_FOUND', 'There is no alias of this name.');
    await deleteAlias(trx, alias);
    if (targets.length > 0) await insertAliasTargets(trx, targets.map(({ provider, model }, position) => ({ alias, position, provider, model, created_at: at })));
    const action = targets.length === 0 ? 'alias.removed' : before.length === 0 ? 'alias.added' : 'alias.changed';
    await recordAudit(trx, by, { action, entity: 'alias', entityId: alias, ...(before.length > 0 ? { before } : {}), ...(targets.length > 0 ? { after: targets.map(nameOf) } : {}) }, at);
  });
  await refreshCatalog(deps);
}

function nameOf({ provider, model }: AliasTarget): string {
  return `${provider}/${model}`;
}
