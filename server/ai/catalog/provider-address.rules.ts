import { BlockList, isIP } from 'node:net';

// Where clouds tell a machine its own secrets: nothing that a provider could stand at, and what an attacker would ask for.
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');
metadata.addAddress('100.100.100.200', 'ipv4');
const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data']);

/** Whether an IP address is one at which a cloud tells a machine its own secrets. */
export function isMetadataAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && metadata.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The base address of a provider as it is stored, or the key of the text that says what is wrong with it. Private addresses are fine: an Ollama is at one. */
export function parseBaseUrl(text: string): { baseUrl: string } | { problem: string } {
  const url = URL.parse(text.trim());
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') return { problem: 'error.base_url' };
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return { problem: 'error.base_url_plain' };
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase();
  if (isMetadataAddress(host) || metadataNames.has(host)) return { problem: 'error.base_url_metadata' };
  return { baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}
