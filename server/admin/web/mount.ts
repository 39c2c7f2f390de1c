import type { RequestHandler, Response } from 'express';
import type { Door } from '../../users/log-in.ts';

/** Where the pages are mounted: the dashboard at the root of the loopback address, the portal under `/portal` of the public one. */
export type Mount = { door: Door; base: '' | '/portal'; isSecure: boolean };

const loopback: Mount = { door: 'dashboard', base: '', isSecure: false };

/** Says where everything that follows is mounted. */
export function mountedAt(mount: Mount): RequestHandler {
  return (_req, res, next) => {
    res.locals['mount'] = mount;
    next();
  };
}

/** Where the page of this answer is mounted. */
export function mountOf(res: Response): Mount {
  return (res.locals['mount'] as Mount | undefined) ?? loopback;
}

/** What is not of the dashboard and stands at the root wherever its pages are mounted: files, and the pages for buyers. */
const outside = '(?!/|assets/|account(?:["/?#]|$))';
const inAttribute = new RegExp(`((?:href|action|src|hx-get|hx-post)=")/${outside}`, 'g');
const address = new RegExp(`^/${outside}`);

/** Puts the base before every local address of a page. Values are escaped, so that nothing but the templates' own attributes matches. */
export function underBase(html: string, { base }: Mount): string {
  return base === '' ? html : html.replace(inAttribute, (_match, attribute: string) => `${attribute}${base}/`);
}

/** A local address as a browser must ask for it. */
export function addressUnder(path: string, { base }: Mount): string {
  return address.test(path) ? base + path : path;
}
