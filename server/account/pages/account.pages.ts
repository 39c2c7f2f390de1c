import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { statusAt } from '../../licenses/license-status.rules.ts';
import { countSites, findOwnOrder, listOwnLicenses, listOwnOrders, type OwnOrder } from '../account.store.ts';
import { invoiceAddress, openPortal, paddleCustomerId, portalOrigins } from '../paddle-portal.ts';
import { accountPage, type SitePage } from '../web/site-page.ts';

/** What a buyer sees first: the licences, the orders with their invoices, and the way to the payment methods. */
export function accountPages({ db, config, now }: Deps): SitePage[] {
  return [
    accountPage('get', '/account', async ({ customer, t }) => {
      const licenses = await listOwnLicenses(db, customer.id);
      const sites = await countSites(db, licenses.map(({ license }) => license.id));
      const hasInvoices = config.PADDLE_API_KEY !== undefined;
      return {
        view: 'account-home',
        title: t('account.title'),
        policy: { formTargets: portalOrigins },
        data: {
          licenses: licenses.map(({ license, plan, product }) => ({ id: license.id, ending: license.key_hint, plan: plan.name, product, status: statusAt(license, now()), expiresAt: license.expires_at, sites: sites.get(license.id) ?? 0, siteLimit: license.max_sites ?? plan.max_sites })),
          orders: (await listOwnOrders(db, customer.id)).map((order) => ({ ...order, status: shownStatus(order), paidAt: order.paid_at ?? order.created_at, hasInvoice: hasInvoices && order.provider === 'paddle' && order.paid_at !== null })),
          hasPortal: (await paddleCustomerId(db, config, customer.email)) !== undefined,
        },
      };
    }),

    accountPage('post', '/account/payment-methods', async ({ customer }) => {
      const paddleId = await paddleCustomerId(db, config, customer.email);
      if (paddleId === undefined) throw new AppError('NOT_FOUND', 'Paddle does not know this address.');
      return { redirect: await openPortal(config, paddleId) };
    }),

    accountPage('get', '/account/orders/:id/invoice', async ({ customer, params }) => {
      const order = await findOwnOrder(db, customer.id, params['id'] ?? '');
      if (order?.provider !== 'paddle' || config.PADDLE_API_KEY === undefined) throw new AppError('NOT_FOUND', 'There is no invoice here.');
      return { redirect: await invoiceAddress(config, order.external_id) };
    }),
  ];
}

const undone = ['cancelled', 'failed', 'refunded'];

/** How an order stands for its buyer: what the shop still does with it ("processing") is the shop's own matter. */
function shownStatus({ status, paid_at: paidAt, total_minor: total, refunded_minor: refunded }: OwnOrder): string {
  if (total > 0 && refunded >= total) return 'refunded';
  return paidAt === null || undone.includes(status) ? status : 'paid';
}
