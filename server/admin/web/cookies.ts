import type { Request, Response } from 'express';
import { mountOf } from './mount.ts';

export type CookieName = 'chatello_session' | 'chatello_visit' | 'chatello_theme' | 'chatello_language';

/** The cookies of the portal are its own: the path keeps them from every other page of the address, the prefix from being set by plain HTTP. */
const portalNames: Partial<Record<CookieName, string>> = { chatello_session: 'chatello_portal', chatello_visit: 'chatello_portal_visit' };

/** How a cookie is called and where it goes. Language and colours are shared with the public pages. */
function placeOf(res: Response | undefined, name: CookieName): { name: string; path: string; secure: boolean } {
  const mount = res && mountOf(res);
  const own = portalNames[name];
  if (mount?.door !== 'portal' || own === undefined) return { name, path: '/', secure: false };
  return { name: mount.isSecure ? `__Secure-${own}` : own, path: mount.base, secure: mount.isSecure };
}

/** The value of a cookie; of two with the same name the first. */
export function readCookie(req: Request, cookie: CookieName): string | undefined {
  const { name } = placeOf(req.res, cookie);
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Sets a cookie for this server only. `Secure` at the portal over TLS; the dashboard is plain HTTP on the loopback address. Without `maxAgeMs` it ends with the browser. */
export function setCookie(res: Response, cookie: CookieName, value: string, options: { maxAgeMs?: number; readableByScript?: boolean } = {}): void {
  const { name, path, secure } = placeOf(res, cookie);
  res.cookie(name, value, {
    path,
    secure,
    sameSite: 'strict',
    httpOnly: options.readableByScript !== true,
    ...(options.maxAgeMs === undefined ? {} : { maxAge: options.maxAgeMs }),
  });
}

export function clearCookie(res: Response, cookie: CookieName): void {
  const { name, path, secure } = placeOf(res, cookie);
  res.clearCookie(name, { path, secure, sameSite: 'strict', httpOnly: true });
}
