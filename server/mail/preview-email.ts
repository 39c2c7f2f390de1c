import type { Config } from '../config.ts';
import { brandEmail } from './brand-email.ts';
import type { Email } from './emails.store.ts';
import { renderLicenseKeyValues } from './license-key-email.ts';
import { renderNoticeFacts } from './notice-email.ts';
import { noticeTemplates, type NoticeFacts, type NoticeTemplate } from './notices.rules.ts';
import { renderOperatorAlert } from './operator-alert-email.ts';
import { renderPurchaseValues } from './purchase-email.ts';
import type { RenderedEmail } from './render-email.ts';
import { renderSignInValues } from './sign-in-email.ts';
import { renderUsageAlert } from './usage-alert-email.ts';
import { renderInvitationValues, renderPasswordResetValues } from './user-link-emails.ts';

/** Every template there is, in the order of a customer's life. */
export const previewTemplates = ['purchase', 'license-issued', 'license-key', 'sign-in', ...noticeTemplates, 'usage-alert', 'operator-alert', 'invitation', 'password-reset'] as const;
export type PreviewTemplate = (typeof previewTemplates)[number];

const dayMs = 24 * 60 * 60_000;
const name = 'Ada Lovelace';
const key = 'CHA-XXXX-XXXX-XXXX-XXXX';
const order = '1042';

/** A template filled in with made-up values, which work nowhere. */
export function previewEmail(config: Pick<Config, 'publicUrl' | 'VENDOR_NAME'>, template: PreviewTemplate, locale: string, now: number): RenderedEmail {
  return brandEmail(config, fillIn(config, template, locale, now));
}

function fillIn(config: Pick<Config, 'publicUrl'>, template: PreviewTemplate, locale: string, now: number): RenderedEmail {
  const license = { key, planName: 'Pro', maxSites: 3, expiresAt: now + 365 * dayMs };
  const { publicUrl } = config;
  switch (template) {
    case 'purchase':
      return renderPurchaseValues(locale, publicUrl, { name, order, licenses: [license] });
    case 'license-issued':
    case 'license-key':
      return renderLicenseKeyValues(template, locale, publicUrl, { name, license });
    case 'sign-in':
      return renderSignInValues(locale, { name, link: `${publicUrl}/account/link/EXAMPLE`, host: new URL(publicUrl).host });
    case 'invitation':
      return renderInvitationValues(locale, { name, link: `${publicUrl}/portal/invitation/EXAMPLE`, host: new URL(publicUrl).host });
    case 'password-reset':
      return renderPasswordResetValues(locale, { name, link: `${publicUrl}/portal/reset-password/EXAMPLE`, host: new URL(publicUrl).host });
    case 'usage-alert':
      return renderUsageAlert({ config }, sampleRow(template, locale, { name, plan: 'Pro', keyEnding: 'XXXX', unit: 'requests', threshold: 80, used: 812, limit: 1_000, resetsAt: now + 9 * dayMs }));
    case 'operator-alert':
      return renderOperatorAlert({ config }, sampleRow(template, locale, { kind: 'delivery', provider: 'woocommerce', problem: `Order ${order}: a product is not mapped to a plan: "Mug" (MUG-1).` }));
    default:
      return renderNoticeFacts(template, locale, publicUrl, { name, facts: { licenseIds: [], ...sampleFacts(template, now) }, licenses: [{ key_hint: 'XXXX', plan_name: 'Pro' }] });
  }
}

function sampleFacts(template: NoticeTemplate, now: number): Omit<NoticeFacts, 'licenseIds'> {
  const samples: Record<NoticeTemplate, Omit<NoticeFacts, 'licenseIds'>> = {
    'renewal-receipt': { order, amountMinor: 29_000, currency: 'EUR', expiresAt: now + 365 * dayMs },
    'renewal-coming': { expiresAt: now + 7 * dayMs, days: 7, renews: false },
    'payment-failed': { until: now + 7 * dayMs },
    suspended: { isUnpaid: true },
    expired: { expiresAt: now - dayMs },
    cancelled: { until: now + 12 * dayMs },
    'plan-changed': { overLimit: { sites: 3, limit: 1 } },
    refund: { order, amountMinor: 29_000, currency: 'EUR', isFull: true },
  };
  return samples[template];
}

function sampleRow(template: string, locale: string, data: object): Email {
  return { id: '', cause: '', template, recipient: '', locale, data: JSON.stringify(data), license_id: null, order_id: null, message_id: '', status: 'queued', attempts: 0, last_error: null, created_at: 0, sent_at: null };
}
