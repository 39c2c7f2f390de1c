import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { AppError } from '../errors.ts';
import { bareHost, isAllowedHost, isPublicAddress, looksPrivate, type AllowedHost } from './public-address.rules.ts';

/** Finds all addresses of a name, as node:dns does. */
export type Resolve = (hostname: string, options: LookupOptions & { all: true }, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** A connection was not made because its target is not on the internet. */
export class NotPublicError extends Error {
  readonly code = 'ERR_NOT_PUBLIC';
}

const maxUrlLength = 2_000;
const connectTimeoutMs = 10_000;

/**
 * The URL of a server that a stranger names, in canonical spelling: https, without credentials, and by its spelling not within our own
 * network. What its name leads to is checked by publicConnect when the connection is made, and only then for sure. The hosts in `allowed`
 * may be private, and may be http. Throws INVALID_REQUEST that names the field.
 */
export function checkPublicUrl(text: string, field: string, allowed: readonly AllowedHost[]): URL {
  const refuse = (problem: string) => new AppError('INVALID_REQUEST', `${field}: ${problem}`, { field });
  const url = text.length > maxUrlLength ? null : URL.parse(text.trim());
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw refuse('is not the address of a server; send something like https://api.example.com/v1');
  if (url.username !== '' || url.password !== '') throw refuse('must not have a user name or a password in it');
  const isAllowed = isAllowedHost(allowed, url.hostname, portOf(url));
  if (!isAllowed && looksPrivate(url.hostname)) throw refuse('leads into a private network; only servers on the internet can be reached');
  if (!isAllowed && url.protocol !== 'https:') throw refuse('must begin with https://');
  return url;
}

/**
 * How undici connects to a server that a stranger has named: the name is resolved, and if one of its addresses is not public no connection
 * is made to any (NotPublicError). What was checked is what is connected to, so a name that changes its answer in between gains nothing.
 * The hosts in `allowed` are connected to whatever their address.
 */
export function publicConnect(allowed: readonly AllowedHost[], resolve: Resolve = systemLookup): buildConnector.connector {
  const plain = buildConnector({ timeout: connectTimeoutMs });
  const guarded = buildConnector({ timeout: connectTimeoutMs, lookup: publicLookup(resolve) });
  return (options, done) => {
    const host = bareHost(options.hostname);
    if (isAllowedHost(allowed, host, Number(options.port) || (options.protocol === 'https:' ? 443 : 80))) return plain(options, done);
    // Nothing is looked up for an address.
    if (isIP(host) !== 0 && !isPublicAddress(host)) return done(new NotPublicError(`${host} is not a public address`), null);
    return guarded(options, done);
  };
}

/** A dispatcher for undici's request and fetch that connects as publicConnect does. Without further interceptors undici follows no redirects; with fetch say `redirect: 'manual'`. */
export function publicOnlyDispatcher(allowed: readonly AllowedHost[], options: Agent.Options = {}): Agent {
  return new Agent({ ...options, connect: publicConnect(allowed) });
}

/** Whether a request failed because its target is not on the internet. */
export function isNotPublic(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotPublicError) return true;
  }
  return false;
}

function publicLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      const [first] = addresses;
      if (refused || !first) return done(new NotPublicError(`${hostname} leads to ${refused?.address ?? 'no address'}, which is not public`), []);
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
  };
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}
