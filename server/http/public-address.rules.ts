import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** A host of the private network that the operator allows as a target: a name or an address in its canonical spelling, with any port (undefined) or this one. */
export type AllowedHost = { host: string; port: number | undefined };

/** What the IANA registry of special-purpose addresses says is not reached over the internet; the last is the host of a virtual machine at Azure. */
const specialIpv4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32',
];
/** Within 2000::/3, outside of which nothing is public: protocol assignments with Teredo, documentation, 6to4. */
const specialIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const localNames = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/;

// One list for each family: a single one would hold IPv4 addresses against the ranges of IPv4 within IPv6.
const blockedIpv4 = blockList(specialIpv4, 'ipv4');
const blockedIpv6 = blockList(specialIpv6, 'ipv6');
const globalIpv6 = blockList(['2000::/3'], 'ipv6');
const translatedIpv4 = blockList(['64:ff9b::/96'], 'ipv6');

/** Whether an address (without brackets) is one of the internet: not private, loopback, link-local, shared, multicast, reserved, nor a translation of such a one. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !blockedIpv4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  // A network that has IPv6 alone reaches the rest of the internet through NAT64.
  if (translatedIpv4.check(address, 'ipv6')) return isPublicAddress(lastIpv4(address));
  return globalIpv6.check(address, 'ipv6') && !blockedIpv6.check(address, 'ipv6');
}

/** The host of a URL as it is compared: without brackets and the dots at its end. */
export function bareHost(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

/** Whether the operator allows this host, although it may be private. */
export function isAllowedHost(allowed: readonly AllowedHost[], hostname: string, port: number): boolean {
  const host = bareHost(hostname);
  return allowed.some((candidate) => candidate.host === host && (candidate.port === undefined || candidate.port === port));
}

/** Whether a host (as URL.hostname has it) is private by its spelling; what a name leads to is known only when it is resolved. */
export function looksPrivate(hostname: string): boolean {
  const host = bareHost(hostname);
  if (isIPv4(host) || isIPv6(host)) return !isPublicAddress(host);
  return !host.includes('.') || localNames.test(host);
}

/** Reads `host` or `host:port` (an IPv6 address in brackets). Undefined for anything else. */
export function parseAllowedHost(text: string): AllowedHost | undefined {
  const [, host = '', port] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const url = host === '' ? undefined : URL.parse(`http://${host}`);
  return url ? { host: bareHost(url.hostname), port: port === undefined ? undefined : Number(port) } : undefined;
}

/** The IPv4 address in the last 32 bits; URL spells them as two groups of hexadecimal digits. */
function lastIpv4(address: string): string {
  const groups = bareHost(new URL(`http://[${address}]`).hostname).split(':').map((group) => Number.parseInt(group || '0', 16));
  return groups.slice(-2).flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

function blockList(ranges: string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
