import { ipKeyGenerator } from 'express-rate-limit';
import type { Vault } from '../../vault.ts';

// One key for all: the words in front keep a digest of one kind from standing for one of another.
const ipv6Network = 64;

/** Under what a token is kept. */
export function tokenDigest(vault: Vault, token: string): Buffer {
  return vault.digest(`visitor-token ${token}`);
}

/** How a visitor is named in the ledger: the same one on two licences has two names. */
export function visitorDigest(vault: Vault, licenseId: string, visitor: string): string {
  return vault.digest(`visitor ${licenseId} ${visitor}`).toString('base64url');
}

/** Of an address a token is bound to: IPv4 whole, IPv6 its network, within which browsers change theirs for privacy. */
export function addressDigest(vault: Vault, address: string): Buffer {
  return vault.digest(`visitor-address ${ipKeyGenerator(address, ipv6Network)}`);
}
