import type { ImportedLicense } from './read-line.rules.ts';
import type { Site } from '../licenses/site.rules.ts';

type Known = { plan_id: string; expires_at: number | null; sites: string[] };
export type LicenseChanges = { planId?: string; /** Null: from now on for ever. */ expiresAt?: number | null; sites: Site[] };

/** What a line says that a licence which is here already does not have: another plan, a later end, further sites. An earlier end takes nothing away. */
export function licenseChanges(known: Known, { plan, expiresAt, sites }: Pick<ImportedLicense, 'plan' | 'expiresAt' | 'sites'>): LicenseChanges {
  const isLater = known.expires_at !== null && (expiresAt === null || expiresAt > known.expires_at);
  return {
    ...(plan.id === known.plan_id ? {} : { planId: plan.id }),
    ...(isLater ? { expiresAt } : {}),
    sites: sites.filter(({ site }) => !known.sites.includes(site)),
  };
}

export function isChange({ planId, expiresAt, sites }: LicenseChanges): boolean {
  return planId !== undefined || expiresAt !== undefined || sites.length > 0;
}

type Person = { name: string; company: string | null; locale: string };

/** What a line says of a customer that is not so yet. */
export function customerChanges(known: Person, said: { name?: string; company?: string; locale?: string }): Partial<Person> {
  return {
    ...(said.name === undefined || said.name === known.name ? {} : { name: said.name }),
    ...(said.company === undefined || said.company === known.company ? {} : { company: said.company }),
    ...(said.locale === undefined || said.locale === known.locale ? {} : { locale: said.locale }),
  };
}
