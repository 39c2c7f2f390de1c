/** What a column of a file can be. */
export const customerFields = ['email', 'name', 'first_name', 'last_name', 'company', 'locale', 'organization'] as const;
export const licenseFields = ['key', 'plan', 'product', 'status', 'expires', 'created', 'max_sites', 'sites'] as const;
export const importFields = [...customerFields, ...licenseFields] as const;
export type ImportField = (typeof importFields)[number];
/** Fields whose values are words of another system, which have to be told what they mean here. */
export const valueFields = ['plan', 'product', 'status'] as const;
export type ValueField = (typeof valueFields)[number];

/** Names of columns, best first: as the exports of WooCommerce API Manager, Easy Digital Downloads, Lemon Squeezy, Keygen and Freemius have them, then what people write. */
const knownNames: Record<ImportField, string[]> = {
  email: ['email', 'e_mail', 'email_address', 'customer_email', 'user_email', 'billing_email', 'owner_email', 'buyer_email', 'license_email', 'licence_email', 'mail', 'owner', 'indirizzo_email'],
  name: ['name', 'full_name', 'customer_name', 'user_name', 'customer', 'billing_name', 'owner_name', 'buyer_name', 'display_name', 'nome_completo', 'nome'],
  first_name: ['first_name', 'firstname', 'billing_first_name', 'user_first', 'first', 'given_name'],
  last_name: ['last_name', 'lastname', 'billing_last_name', 'user_last', 'last', 'surname', 'family_name', 'cognome'],
  company: ['company', 'company_name', 'billing_company', 'organisation_name', 'business', 'azienda'],
  locale: ['locale', 'language', 'lang', 'lingua'],
  organization: ['organization', 'organisation', 'reseller', 'agent'],
  key: ['license_key', 'licence_key', 'product_order_api_key', 'master_api_key', 'api_key', 'secret_key', 'license', 'licence', 'serial', 'serial_number', 'serial_key', 'key', 'chiave', 'chiave_licenza'],
  plan: ['plan', 'plan_name', 'plan_title', 'variant_name', 'variant', 'policy', 'policy_name', 'price_name', 'price_option', 'tier', 'edition', 'plan_id', 'variant_id', 'price_id', 'piano'],
  product: ['product', 'product_name', 'product_title', 'download', 'download_name', 'software', 'software_title', 'plugin', 'product_id', 'download_id', 'plugin_id', 'prodotto'],
  status: ['status', 'license_status', 'licence_status', 'state', 'stato'],
  expires: ['expires', 'expires_at', 'expiration', 'expiration_date', 'expiry', 'expiry_date', 'date_expires', 'date_expiry', 'access_expires', 'valid_until', 'valid_to', 'end_date', 'scadenza'],
  created: ['created', 'created_at', 'date_created', 'date', 'purchase_date', 'date_purchased', 'access_granted', 'issued_at', 'start_date', 'data'],
  max_sites: ['max_sites', 'activation_limit', 'activations_limit', 'activations_purchased_total', 'activations_purchased', 'max_machines', 'maxmachines', 'quota', 'site_limit', 'limit', 'max_allowed_domains', 'seats'],
  sites: ['sites', 'site', 'urls', 'active_urls', 'url', 'domains', 'domain', 'registered_domains', 'object', 'instances', 'activated_sites', 'active_sites', 'siti', 'sito'],
};

/** A name of a column as it is compared: `License Key` and `licenseKey` are license_key. */
export function plainName(name: string): string {
  return name.normalize('NFKC').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_|_$/g, '');
}

/** Which column each field most likely is, as an index: by its name alone. A column is never taken twice. */
export function guessColumns(names: string[]): Partial<Record<ImportField, number>> {
  const plain = names.map(plainName);
  const guess: Partial<Record<ImportField, number>> = {};
  const taken = new Set<number>();
  // A key under the plain name `key` or `license` leaves better names to the other fields, so the order of the fields does not matter.
  for (const field of importFields) {
    for (const name of knownNames[field]) {
      const index = plain.findIndex((candidate, at) => candidate === name && !taken.has(at));
      if (index === -1) continue;
      guess[field] = index;
      taken.add(index);
      break;
    }
  }
  return guess;
}

/** The system that most likely wrote a file with these columns. */
export function guessSource(names: string[]): string | undefined {
  const plain = new Set(names.map(plainName));
  const has = (...wanted: string[]) => wanted.every((name) => plain.has(name));
  if (has('product_order_api_key') || has('master_api_key') || has('activations_purchased_total')) return 'woocommerce-api-manager';
  if (has('license_key', 'activation_limit', 'download') || has('license_key', 'active_urls') || has('license_key', 'download_id')) return 'edd';
  if (has('key', 'activation_limit', 'user_email') || has('license_key', 'variant_name') || has('order_id', 'variant_id', 'activation_limit')) return 'lemon-squeezy';
  if (has('max_machines') || has('policy', 'expiry')) return 'keygen';
  if (has('secret_key', 'quota') || has('plugin_id', 'pricing_id')) return 'freemius';
  return undefined;
}
