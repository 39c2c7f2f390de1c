import type { Scope } from '../access/scope.ts';
import { emailKey } from '../customers/customer.rules.ts';
import type { Deps } from '../deps.ts';
import { wordsOf } from '../figures/facts.rules.ts';
import { figureScope } from '../figures/read-statistics.ts';
import { devicePrefixOf } from '../licenses/device.rules.ts';
import { canonicalLicenseKey, lookupKey } from '../licenses/license-key.rules.ts';
import { normalizeSite } from '../licenses/site.rules.ts';
import { findCustomerByAddress, findCustomersByWords, findDevices, findLicenses, findOrders, findSites, type FoundCustomer, type FoundDevice, type FoundLicense, type FoundOrder, type FoundSite } from './search.store.ts';

/** What was found, at most `resultsPerKind` of each. `isKey`: the text is a whole licence key, which is not shown again. */
export type Found = { licenses: FoundLicense[]; customers: FoundCustomer[]; orders: FoundOrder[]; sites: FoundSite[]; devices: FoundDevice[]; isKey: boolean };

export const resultsPerKind = 10;
const longestWord = 64;
const mostWords = 6;

/**
 * Everything within a scope that a text may name: a licence key in any spelling, its last four characters, an e-mail address or its beginning, a domain, an order
 * number, words of a customer's name or company, the beginning of a device's name or fingerprint. Each by an index, so it takes as long for a million licences as for one.
 */
export async function findAnything({ db, vault, now }: Pick<Deps, 'db' | 'vault' | 'now'>, scope: Scope, text: string): Promise<Found> {
  const found: Found = { licenses: [], customers: [], orders: [], sites: [], devices: [], isKey: false };
  const trimmed = text.trim();
  const scopeId = figureScope(scope);
  const key = canonicalLicenseKey(trimmed);
  if (key !== undefined) return { ...found, isKey: true, licenses: await findLicenses(db, scope, { digest: vault.digest(key) }, now(), resultsPerKind) };
  if (trimmed === '') return found;
  const otherKey = lookupKey(trimmed);
  const byOtherKey = otherKey === undefined ? [] : await findLicenses(db, scope, { digest: vault.digest(otherKey) }, now(), resultsPerKind);
  if (byOtherKey.length > 0) return { ...found, isKey: true, licenses: byOtherKey };
  const hint = /^[…*.-]*([0-9a-z]{4})$/i.exec(trimmed)?.[1]?.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
  if (hint !== undefined) found.licenses = await findLicenses(db, scope, { hint }, now(), resultsPerKind);
  const address = emailKey(trimmed);
  const isAddress = trimmed.includes('@') && !/\s/.test(trimmed);
  const words = isAddress ? [address.slice(0, longestWord)] : wordsOf(trimmed).slice(0, mostWords);
  const [exact, begun] = [isAddress ? await findCustomerByAddress(db, scope, address) : [], await findCustomersByWords(db, scope, scopeId, words, resultsPerKind)];
  found.customers = [...exact, ...begun.filter(({ id }) => exact.every((customer) => customer.id !== id))].slice(0, resultsPerKind);
  const number = trimmed.replace(/^#/, '');
  if (!isAddress && number !== '' && number.length <= longestWord && !/\s/.test(number)) found.orders = await findOrders(db, scope, number, resultsPerKind);
  const site = isAddress || /\s/.test(trimmed) ? undefined : normalizeSite(trimmed);
  if (site) found.sites = await findSites(db, scope, site.site, resultsPerKind);
  // The address of a page of the shop, as people copy it.
  if (site && found.sites.length === 0 && site.host !== site.site) found.sites = await findSites(db, scope, site.host, resultsPerKind);
  const device = isAddress ? undefined : devicePrefixOf(trimmed);
  if (device) found.devices = await findDevices(db, scope, device, resultsPerKind);
  return found;
}
