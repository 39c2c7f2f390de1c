import type { Request, Response } from 'express';
import type { Config } from '../../config.ts';

export type SiteCookie = 'chatello_account' | 'chatello_account_visit' | 'chatello_claim';
type Options = { maxAgeMs?: number };

/** Whether cookies may only travel over TLS: the request came over it, or the address of this server says that all do. */
function isSecure(req: Request, config: Pick<Config, 'publicUrl'>): boolean {
  return req.secure || config.publicUrl.startsWith('https:');
}

/** Over TLS with the prefix that keeps other hosts of the domain from setting it. */
function nameOf(req: Request, config: Pick<Config, 'publicUrl'>, name: SiteCookie): string {
  return isSecure(req, config) ? `__Host-${name}` : name;
}

/** The value of a cookie; of two with the same name the first. */
export function readSiteCookie(req: Request, config: Pick<Config, 'publicUrl'>, name: SiteCookie): string | undefined {
  const wanted = nameOf(req, config, name);
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === wanted) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Sets a cookie that no script reads and no other site sends along with a form. Without `maxAgeMs` it ends with the browser. */
export function setSiteCookie(req: Request, res: Response, config: Pick<Config, 'publicUrl'>, name: SiteCookie, value: string, { maxAgeMs }: Options = {}): void {
  res.cookie(nameOf(req, config, name), value, { path: '/', sameSite: 'lax', httpOnly: true, secure: isSecure(req, config), ...(maxAgeMs === undefined ? {} : { maxAge: maxAgeMs }) });
}

export function clearSiteCookie(req: Request, res: Response, config: Pick<Config, 'publicUrl'>, name: SiteCookie): void {
  res.clearCookie(nameOf(req, config, name), { path: '/', sameSite: 'lax', httpOnly: true, secure: isSecure(req, config) });
}
