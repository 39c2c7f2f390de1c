import { sql, type Selectable } from 'kysely';
import { preparedRead, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type ActivationOfHost = Pick<Selectable<Schema['activations']>, 'id' | 'kind' | 'secret_digest'> & { site: string };

/** First and last text (the last not included) of the sites in folders of a host: `host/…`. */
const folders = (host: string): [from: string, to: string] => [`${host}/`, `${host}0`];
const anyActivation = preparedRead<{ id: string }, [host: string, from: string, to: string, kind: string, otherKind: string]>((db) =>
  db
    .selectFrom('activations')
    .select('id')
    .where((eb) => eb.or([eb('site', '=', ''), eb.and([eb('site', '>=', ''), eb('site', '<', '')])]))
    .where('kind', 'in', ['', ''])
    .limit(sql.lit(1))
    .compile(),
);

/** Whether any licence is activated on this host (with its port), or in a folder of it, as a site of these kinds. */
export async function isHostActivated(db: Db, host: string, kinds: string[]): Promise<boolean> {
  const [kind = '', otherKind = kind] = kinds;
  return (await anyActivation(db, [host, ...folders(host), kind, otherKind])).length > 0;
}

/** Activations of a licence on this host (with its port) and in folders of it. */
export function listActivationsOfHost(db: Db, licenseId: string, host: string): Promise<ActivationOfHost[]> {
  const [from, to] = folders(host);
  return db
    .selectFrom('activations')
    .select(['id', 'site', 'kind', 'secret_digest'])
    .$narrowType<{ site: string }>()
    .where('license_id', '=', licenseId)
    .where((eb) => eb.or([eb('site', '=', host), eb.and([eb('site', '>=', from), eb('site', '<', to)])]))
    .orderBy('site')
    .execute();
}

/** The sites of a licence with what is known of each, those that take a place of the plan first. */
export function listSites(db: Db, licenseId: string): Promise<(Selectable<Schema['activations']> & { site: string })[]> {
  return db.selectFrom('activations').selectAll().where('license_id', '=', licenseId).where('site', 'is not', null).$narrowType<{ site: string }>().orderBy('is_staging').orderBy('slot').execute();
}
