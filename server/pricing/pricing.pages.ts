import { customerActor } from '../account/account-sessions.ts';
import { readSiteCookie, setSiteCookie } from '../account/web/site-cookies.ts';
import { sitePage, type SitePage } from '../account/web/site-page.ts';
import type { SiteView } from '../account/web/site-shell.ts';
import { recordAudit } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { withSettings } from '../settings/with-settings.ts';
import { AppError } from '../errors.ts';
import { readLicenses } from '../licenses/read-licenses.ts';
import { beginClaim, readClaim } from './claims.ts';
import { checkoutPolicy } from './checkout-policy.ts';
import { billings, priceIdOf, yearlySaving, type Billing } from './offers.rules.ts';
import { listPaddlePrices, listPricedPlans } from './pricing.store.ts';

const paddleScript = 'https://cdn.paddle.com/paddle/v2/paddle.js';
const claimMs = 60 * 60_000;

/** What is for sale, the checkout, and the page on which the key arrives. */
export function pricingPages(deps: Deps): SitePage[] {
  const { db, config, now } = deps;
  const billingOf = (text: string | undefined): Billing => billings.find((billing) => billing === text) ?? 'monthly';
  return [
    sitePage('get', '/pricing', async ({ query, t, locale }) => {
      const billing = billingOf(query['billing']);
      const { SHOP_URL: shopUrl } = (await withSettings(deps)).config;
      const prices = config.PADDLE_CLIENT_TOKEN === undefined ? [] : await listPaddlePrices(db);
      const plans = (await listPricedPlans(db)).map((plan) => ({
        code: plan.code,
        name: plan.name,
        price: billing === 'yearly' ? plan.yearly_price_cents : plan.monthly_price_cents,
        currency: plan.currency,
        saving: billing === 'yearly' ? yearlySaving(plan) : 0,
        hasAi: plan.ai_proxy === 1,
        requests: plan.monthly_requests,
        sites: plan.max_sites,
        isOneSite: plan.max_sites === 1,
        href: priceIdOf(prices, plan.id, billing) === undefined ? shopUrl : `/pricing/checkout?plan=${encodeURIComponent(plan.code)}&billing=${billing}`,
      }));
      return {
        view: 'pricing',
        title: t('pricing.title'),
        data: { isIndexed: true, plans, isYearly: billing === 'yearly', billings: billings.map((code) => ({ code, isCurrent: code === billing })), cannotBuy: plans.every(({ href }) => href === undefined), locale },
      };
    }),

    sitePage('get', '/pricing/checkout', async ({ query, req, res, locale, t }) => {
      // Paddle's script would open the checkout that this names, which somebody else may have prepared with a claim of theirs (decision 0097).
      if (query['_ptxn'] !== undefined) return { redirect: `/pricing/checkout?plan=${encodeURIComponent(query['plan'] ?? '')}&billing=${billingOf(query['billing'])}` };
      const billing = billingOf(query['billing']);
      const plan = (await listPricedPlans(db)).find(({ code }) => code === query['plan']);
      const priceId = plan && priceIdOf(await listPaddlePrices(db), plan.id, billing);
      if (!plan || priceId === undefined || config.PADDLE_CLIENT_TOKEN === undefined) throw new AppError('NOT_FOUND', 'This is not for sale here.');
      const { token, claim } = await beginClaim(db, now());
      setSiteCookie(req, res, config, 'chatello_claim', token, { maxAgeMs: claimMs });
      return {
        view: 'checkout',
        title: t('pricing.checkout', { plan: plan.name }),
        policy: checkoutPolicy(config.PADDLE_ENVIRONMENT),
        data: {
          plan: plan.name,
          price: billing === 'yearly' ? plan.yearly_price_cents : plan.monthly_price_cents,
          currency: plan.currency,
          isYearly: billing === 'yearly',
          back: `/pricing?billing=${billing}`,
          shopUrl: (await withSettings(deps)).config.SHOP_URL,
          checkout: { token: config.PADDLE_CLIENT_TOKEN, environment: config.PADDLE_ENVIRONMENT, price: priceId, claim, locale },
          scripts: [paddleScript, '/assets/checkout.js'],
        },
      };
    }),

    sitePage('get', '/thanks', async ({ req, t, res }): Promise<SiteView> => {
      const claimed = await readClaim(db, readSiteCookie(req, config, 'chatello_claim'), now());
      const base = { view: 'thanks', title: t('thanks.title') };
      if (claimed.state !== 'ready') return { ...base, data: { isWaiting: claimed.state === 'waiting', scripts: claimed.state === 'waiting' ? ['/assets/thanks.js'] : [] } };
      const licenses = await readLicenses(db, deps.vault, claimed.licenseIds);
      for (const id of claimed.licenseIds) await recordAudit(db, customerActor(claimed.customerId, res.locals['requestId'] as string), { action: 'license.key_shown', entity: 'license', entityId: id }, now());
      return { ...base, data: { isReady: true, licenses: licenses.map(({ key, planName, expiresAt }) => ({ key, plan: planName, expiresAt })) } };
    }),

    sitePage('get', '/thanks/status', async ({ req }) => ({ json: { state: (await readClaim(db, readSiteCookie(req, config, 'chatello_claim'), now())).state } })),
  ];
}
