import apiFetch from '@wordpress/api-fetch';
import type { LicenseSites, Problem, ProviderKeys, Settings, Status, Usage } from './types.ts';

type WithMessage = Status & { message: string };
const post = <Body>(path: string, data: object = {}) => apiFetch<Body>({ path: `/chatello/v1${path}`, method: 'POST', data });

export const activate = (key?: string) => post<WithMessage>('/license/activate', key === undefined ? {} : { key });
export const deactivate = (force: boolean) => post<WithMessage>('/license/deactivate', { force });
export const readStatus = () => apiFetch<Status>({ path: '/chatello/v1/status' });
export const check = () => post<Status>('/license/check');
export const move = (choice: 'moved' | 'copy' | 'new') => post<WithMessage>('/license/move', { choice });
export const save = (settings: Partial<Settings> & { provider_key?: string }) => post<Settings>('/settings', { settings });
/** With the key that is set, or with one that was typed and is not activated here. */
export const readSites = (key?: string) => post<LicenseSites>('/license/sites', key === undefined ? {} : { key });
export const releaseSite = (site: string, key?: string) => post<LicenseSites>('/license/release', { site, ...(key === undefined ? {} : { key }) });
export const readProviderKeys = () => apiFetch<ProviderKeys>({ path: '/chatello/v1/provider-keys' });
export const removeProviderKey = (provider: string) => post<ProviderKeys>('/provider-keys/remove', { provider });
export const readUsage = () => apiFetch<Usage>({ path: '/chatello/v1/usage' });
export const readSettings = () => apiFetch<Settings>({ path: '/chatello/v1/settings' });
export const findPages = (query: string) => apiFetch<{ id: number; title: string }[]>({ path: `/wp/v2/search?type=post&per_page=8&search=${encodeURIComponent(query)}` });
export const pagesById = (ids: number[]) => apiFetch<{ id: number; title: string }[]>({ path: `/wp/v2/search?type=post&per_page=100&include=${ids.join(',')}` });

/** What was thrown by a call, as a problem. */
export function problemOf(error: unknown): Problem {
  const { code = 'UNKNOWN', message = '', data } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Problem>;
  return { code, message, ...(data ? { data } : {}) };
}
