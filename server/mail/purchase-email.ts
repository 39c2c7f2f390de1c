import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { readLicenses } from '../licenses/read-licenses.ts';
import type { Email } from './emails.store.ts';
import { licenseBox, type ShownLicense } from './license-box.rules.ts';
import { greetingName } from './mail-text.rules.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const purchaseData = z.object({ name: z.string(), order: z.string(), licenses: z.array(z.string()).min(1) });

/** The e-mail with the keys of a purchase. The keys are read now and stand nowhere but in what is sent. */
export async function renderPurchase({ db, vault, config }: Pick<Deps, 'db' | 'vault' | 'config'>, email: Email): Promise<RenderedEmail> {
  const { name, order, licenses: ids } = purchaseData.parse(JSON.parse(email.data));
  return renderPurchaseValues(email.locale, config.publicUrl, { name, order, licenses: await readLicenses(db, vault, ids) });
}

/** The same from values, for the preview. */
export function renderPurchaseValues(locale: string, publicUrl: string, { name, order, licenses }: { name: string; order: string; licenses: ShownLicense[] }): RenderedEmail {
  const language = mailLanguage(locale);
  return renderEmail('purchase', language, {
    name: greetingName(name),
    order,
    isSeveral: licenses.length > 1,
    count: licenses.length,
    licenses: licenses.map((license) => licenseBox(license, language)),
    host: new URL(publicUrl).host,
  });
}
