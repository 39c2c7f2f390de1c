import type { Request, Response } from 'express';

export type CookieName = 'chatello_session' | 'chatello_visit' | 'chatello_theme' | 'chatello_language';

/** The value of a cookie; of two with the same name the first. */
export function readCookie(req: Request, name: CookieName): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Sets a cookie for this server only. Not `Secure`: the dashboard is plain HTTP on the loopback address. Without `maxAgeMs` it ends with the browser. */
export function setCookie(res: Response, name: CookieName, value: string, options: { maxAgeMs?: number; readableByScript?: boolean } = {}): void {
  res.cookie(name, value, {
    path: '/',
    sameSite: 'strict',
    httpOnly: options.readableByScript !== true,
    ...(options.maxAgeMs === undefined ? {} : { maxAge: options.maxAgeMs }),
  });
}

export function clearCookie(res: Response, name: CookieName): void {
  res.clearCookie(name, { path: '/', sameSite: 'strict', httpOnly: true });
}
