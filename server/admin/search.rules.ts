import { devicePrefixOf, type DevicePrefix } from '../licenses/device.rules.ts';
import { canonicalLicenseKey } from '../licenses/license-key.rules.ts';
import { normalizeSite } from '../licenses/site.rules.ts';

/** What a search text may mean. Several at once: `shop` may begin an address or a domain, and four characters may end a key. */
export type SearchTerms = { canonicalKey?: string; hint?: string; emailPrefix?: string; sitePrefix?: string; devicePrefix?: DevicePrefix };

/** A whole key in any spelling means that key and nothing else; otherwise its last four characters, the beginning of an e-mail address, the beginning of a domain or of a device's name or fingerprint. */
export function searchTerms(text: string): SearchTerms {
  const trimmed = text.trim();
  const canonicalKey = canonicalLicenseKey(trimmed);
  if (canonicalKey !== undefined) return { canonicalKey };
  if (trimmed === '') return {};
  const device = devicePrefixOf(trimmed);
  const byDevice = device === undefined ? {} : { devicePrefix: device };
  // Names of devices have spaces, nothing else has.
  if (/\s/.test(trimmed)) return byDevice;
  const lower = trimmed.toLowerCase().normalize('NFC');
  if (trimmed.includes('@')) return { emailPrefix: lower };
  const ending = /^[…*.-]*([0-9a-z]{4})$/i.exec(trimmed)?.[1];
  const site = normalizeSite(trimmed)?.site;
  return {
    ...(ending === undefined ? {} : { hint: ending.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1') }),
    emailPrefix: lower,
    ...(site === undefined ? {} : { sitePrefix: site }),
    ...byDevice,
  };
}
