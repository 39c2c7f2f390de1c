import { applyDeliveryKey, replayDelivery } from '../../billing/replay-delivery.ts';
import type { Deps } from '../../deps.ts';
import { findDeliveryDetail, listAudit, listDeliveries, listEmails } from '../lists.store.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const deliveryStatuses = ['received', 'handled', 'ignored', 'dead'];
const emailStatuses = ['queued', 'sent', 'failed'];

/** What came in and what went out. */
export function recordPages({ db, now, config }: Deps): Page[] {
  return [
    page('get', '/deliveries', 'deliveries.read', async ({ query, t }) => {
      const status = deliveryStatusOf(query);
      const found = await listDeliveries(db, status, pageRequest(query));
      const filters = [undefined, ...deliveryStatuses].map((code) => ({ code, href: addressOf('/deliveries', { status: code }), isCurrent: code === status }));
      return { view: 'deliveries', title: t('nav.deliveries'), data: { status, filters, publicUrl: config.publicUrl, ...found, exportHref: addressOf('/exports/deliveries', { status }), links: pageLinks('/deliveries', { status }, found) } };
    }),

    page('get', '/deliveries/:id', 'deliveries.read', async ({ params, query, t }) => {
      const id = params['id'] ?? '';
      const found = await findDeliveryDetail(db, id, applyDeliveryKey(id));
      if (!found) return pageNotFound();
      const { delivery, job } = found;
      const audit = await listAudit(db, { entity: 'delivery', entityId: id }, {});
      const data = { delivery, job, showReason: delivery.status !== 'dead' && delivery.reason !== null, showError: job?.last_error !== undefined && job.last_error !== null && job.last_error !== delivery.reason, body: readableBody(delivery.body), audit: audit.rows, done: query['done'] === 'replayed' ? t('done.replayed') : undefined };
      return { view: 'delivery', title: t('delivery.title', { topic: delivery.topic }), data };
    }),

    page('post', '/deliveries/:id/replay', 'deliveries.replay', async ({ params, by }) => {
      const id = params['id'] ?? '';
      await replayDelivery(db, id, by, now());
      return { redirect: `/deliveries/${id}?done=replayed` };
    }),

    page('get', '/emails', 'emails.read', async ({ query, t }) => {
      const status = emailStatusOf(query);
      const found = await listEmails(db, pageRequest(query), status);
      const filters = [undefined, ...emailStatuses].map((code) => ({ code, href: addressOf('/emails', { status: code }), isCurrent: code === status }));
      const retried = /^\d{1,6}$/.exec(query['retried'] ?? '');
      return { view: 'emails', title: t('nav.emails'), data: { status, filters, canRetry: status === 'failed' && found.rows.length > 0, done: retried ? t('emails.retried', { count: Number(retried[0]) }) : undefined, ...found, exportHref: addressOf('/exports/emails', { status }), links: pageLinks('/emails', { status }, found) } };
    }),
  ];
}

/** The filter of the list of deliveries. */
export function deliveryStatusOf(query: Record<string, string>): string | undefined {
  return deliveryStatuses.find((candidate) => candidate === query['status']);
}

/** The filter of the list of e-mails. */
export function emailStatusOf(query: Record<string, string>): string | undefined {
  return emailStatuses.find((candidate) => candidate === query['status']);
}

const longestBody = 200_000;

/** The bytes as a person can read them: JSON on many lines, anything else as it came. */
function readableBody(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, longestBody);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return text.slice(0, longestBody);
    throw error;
  }
}
