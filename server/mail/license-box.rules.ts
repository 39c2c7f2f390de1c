import { localDay } from './mail-text.rules.ts';

/** `key` is the plain key: for what is sent, never for storing. */
export type ShownLicense = { key: string; planName: string; maxSites: number; expiresAt: number | null };

/** A licence as the templates show it. */
export function licenseBox({ key, planName, maxSites, expiresAt }: ShownLicense, language: string): { key: string; plan: string; sites: number; isOneSite: boolean; expires: string } {
  return { key, plan: planName, sites: maxSites, isOneSite: maxSites === 1, expires: expiresAt === null ? '' : localDay(expiresAt, language) };
}
