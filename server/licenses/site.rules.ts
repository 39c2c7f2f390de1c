import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A site as licences count it: `host[:port][/path]`, lower case, punycode, without scheme, one leading `www.`, default port, trailing slash and dot. */
export type Site = { site: string; host: string };

const maxLength = 255;
// What nearly every plugin sends. A last label of letters is no IPv4 address in any notation.
const plainAddress = /^(?:https?:\/\/)?(?:www\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})\/?$/;

/** The identity of a site from whatever a person or a plugin sends for it; undefined when it is not a site. */
export function normalizeSite(input: string): Site | undefined {
  const plain = input.length <= maxLength && !input.includes('xn--') ? plainAddress.exec(input)?.[1] : undefined;
  if (plain !== undefined && plain.length <= 253) return { site: plain, host: plain };
  // Lower case as a whole, the path too: nobody runs two shops whose addresses differ in case alone.
  const text = input.trim().toLowerCase().replace(/^\/\//, '');
  if (text === '' || text.length > 2_000) return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//.test(text) ? text : `http://${text}`;
  const url = URL.parse(withScheme);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  const host = hostOf(url.hostname);
  if (host === undefined) return undefined;
  const port = url.port === '' || (url.port === '443' && url.protocol === 'http:') || (url.port === '80' && url.protocol === 'https:') ? '' : `:${url.port}`;
  const site = host + port + url.pathname.toLowerCase().replace(/\/+/g, '/').replace(/\/$/, '');
  return site.length <= maxLength ? { site, host } : undefined;
}

/** A host name in its canonical form, or undefined. Numbers in any notation have become an IPv4 address in the URL parser. */
function hostOf(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return hostname;
  const host = domainToASCII(hostname.replace(/\.$/, '').replace(/^www\.(?=[^.]+\.)/, ''));
  const labels = host.split('.');
  const valid = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return host !== '' && host.length <= 253 && valid ? host : undefined;
}

const reservedName = /^(?:.+\.)?(?:test|local|localhost|invalid|example)$/;
const stagingSuffixes = [
  '.wpengine.com', '.wpenginepowered.com', '.instawp.xyz', '.instawp.co', '.instawp.link', '.cloudwaysapps.com', '.flywheelsites.com', '.flywheelstaging.com',
  '.myftpupload.com', '.kinsta.cloud', '.mystagingwebsite.com', '.wpmudev.host', '.tempurl.host', '.ngrok.io',
];
const pantheonCopy = /^(dev|test)-[^.]+\.pantheonsite\.io$/;

/**
 * Whether a site is a copy for work and not the shop itself. Matched on label boundaries: `developers.com`, `stagingrooms.com` and
 * names under the real top-level domain `.dev` are shops. `environment` is what WordPress says of itself (wp_get_environment_type).
 */
export function isStagingSite({ host }: Site, environment = ''): boolean {
  if (!['', 'production'].includes(environment.trim().toLowerCase())) return true;
  if (/^\[|\d$/.test(host) && isPrivateAddress(host.replace(/^\[|\]$/g, ''))) return true;
  if (reservedName.test(host) || stagingSuffixes.some((suffix) => host.endsWith(suffix))) return true;
  return pantheonCopy.test(host);
}

/** Loopback, private (RFC 1918, RFC 4193), link-local and shared (RFC 6598) addresses, also as IPv4 within IPv6. False for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const canonical = version === 6 ? (URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? '') : address;
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical);
  if (version === 6 && !mapped) return /^(::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(canonical);
  const [a = 0, b = 0] = mapped ? highBytes(mapped[1] ?? '') : address.split('.').map(Number);
  return a === 0 || a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b <= 127);
}

/** The two bytes of one group of an IPv6 address. */
function highBytes(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
