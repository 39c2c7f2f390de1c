import { localDay } from './mail-text.rules.ts';

type Shown = { key: string; planName: string; maxSites: number; expiresAt: number | null };

/** A licence as the templates show it. */
export function licenseBox({ key, planName, maxSites, expiresAt }: Shown, language: string): { key: string; plan: string; sites: number; isOneSite: boolean; expires: string } {
  return { key, plan: planName, sites: maxSites, isOneSite: maxSites === 1, expires: expiresAt === null ? '' : localDay(expiresAt, language) };
}
