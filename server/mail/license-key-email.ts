import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { readLicenses } from '../licenses/read-licenses.ts';
import type { Email } from './emails.store.ts';
import { licenseBox, type ShownLicense } from './license-box.rules.ts';
import { greetingName } from './mail-text.rules.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const keyData = z.object({ name: z.string() });

/** The e-mail with the key of one licence: of one that was made by hand, or that its owner has asked for again. The key is read now and stands nowhere but in what is sent. */
export async function renderLicenseKey({ db, vault, config }: Pick<Deps, 'db' | 'vault' | 'config'>, email: Email): Promise<RenderedEmail> {
  const { name } = keyData.parse(JSON.parse(email.data));
  const [license] = await readLicenses(db, vault, email.license_id === null ? [] : [email.license_id]);
  if (!license) throw new DeadLetter('There is no such licence any more.');
  return renderLicenseKeyValues(email.template, email.locale, config.publicUrl, { name, license });
}

/** The same from values, for the preview. */
export function renderLicenseKeyValues(template: string, locale: string, publicUrl: string, { name, license }: { name: string; license: ShownLicense }): RenderedEmail {
  const language = mailLanguage(locale);
  return renderEmail(template, language, { name: greetingName(name), license: licenseBox(license, language), host: new URL(publicUrl).host });
}
