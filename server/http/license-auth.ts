import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { checkLicense, type ValidateInput } from '../licenses/validate-license.ts';
import { verdictSentence } from '../licenses/verdict-body.ts';
import type { Vault } from '../vault.ts';

type Checked = Awaited<ReturnType<typeof checkLicense>>;
export type LicenseOfCaller = NonNullable<Checked['license']>;
type Known = { license: LicenseOfCaller; verdict: Checked['verdict'] };

/** The licence of this key in whatever state, with the verdict on it. Throws LICENSE_INVALID for a key that is not known. */
export async function knownLicense(db: Db, vault: Vault, input: ValidateInput, now: number): Promise<Known> {
  const { license, verdict } = await checkLicense(db, vault, input, now);
  if (!license) throw new AppError('LICENSE_INVALID', verdictSentence(verdict, license, input.key), { field: 'headers.x-license-key' });
  return { license, verdict };
}

/** The licence of this key if it may be used now (on the site, if one is given). Throws LICENSE_INVALID, or LICENSE_REFUSED with the verdict's sentence and code. */
export async function usableLicense(db: Db, vault: Vault, input: ValidateInput, now: number): Promise<LicenseOfCaller> {
  const { license, verdict } = await knownLicense(db, vault, input, now);
  if (!verdict.valid) throw new AppError('LICENSE_REFUSED', `${verdictSentence(verdict, license, input.key)} (${verdict.code})`, { field: 'headers.x-license-key' });
  return license;
}
