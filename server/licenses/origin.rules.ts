import { isStagingSite, normalizeSite, type Site } from './site.rules.ts';

/** The origin of web pages as browsers send it, with the host (and port) as licences count it. */
export type Origin = { origin: string; host: Site; isSecure: boolean };

const maxLength = 300;

/** An origin from what a person or a plugin sends for it; undefined when it is none: `scheme://host[:port]` and nothing after it but a slash. */
export function parseOrigin(text: string): Origin | undefined {
  const url = text.length <= maxLength ? URL.parse(text.trim()) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return undefined;
  const host = normalizeSite(url.origin);
  return host && { origin: url.origin, host, isSecure: url.protocol === 'https:' };
}

/** The kinds of sites whose pages may come from this origin: in earnest only over https, http is for copies for work and local machines. */
export function kindsAt({ host, isSecure }: Origin): ('production' | 'staging')[] {
  return isSecure || isStagingSite(host) ? ['production', 'staging'] : ['staging'];
}
