import { AppError } from '../errors.ts';
import { normalizeSite, type Site } from './site.rules.ts';

/** The site that a request names as its `domain`. Throws INVALID_REQUEST. */
export function siteOf(domain: string, field = 'body.domain'): Site {
  const site = normalizeSite(domain);
  if (!site) throw new AppError('INVALID_REQUEST', `${field}: is not the address of a site; send something like shop.example.com`, { field });
  return site;
}
