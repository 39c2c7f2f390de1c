import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Response } from 'supertest';
import { mapProduct } from '../server/billing/map-product.ts';
import { jobList } from '../server/jobs/job-list.ts';
import { runDueJobs } from '../server/jobs/worker.ts';
import type { TestApp } from './harness.ts';

export const paddleSecret = 'pdl_ntfset_test_secret';
export const wooSecret = 'rig-hook-secret-1';
/** Both providers with their secrets; each has an older one beside it, as during a rotation. */
export const billingVariables = { PADDLE_WEBHOOK_SECRETS: `older,${paddleSecret}`, WOOCOMMERCE_WEBHOOK_SECRETS: `older,${wooSecret}` };

const payloads = path.join(import.meta.dirname, 'payloads');

/** A payload of tests/payloads, parsed. */
export function payload<Body = Record<string, unknown>>(file: string): Body {
  return JSON.parse(readFileSync(path.join(payloads, file), 'utf8')) as Body;
}

/** `body`: the exact bytes, which are ASCII in all of them. */
export type Captured = { file: string; headers: Record<string, string>; body: string };

/** The deliveries that a real shop sent, in order of arrival, without the pings. */
export function capturedOrders(): Captured[] {
  return capturedFiles().filter(({ file }) => !file.includes('ping'));
}

export function capturedPings(): Captured[] {
  return capturedFiles().filter(({ file }) => file.includes('ping'));
}

function capturedFiles(): Captured[] {
  const directory = path.join(payloads, 'woocommerce/captured');
  return readdirSync(directory).sort().map((file) => {
    const { headers, body_base64: body } = payload<{ headers: Record<string, string>; body_base64: string }>(`woocommerce/captured/${file}`);
    const { host: _host, 'content-length': _length, connection: _connection, 'accept-encoding': _encoding, ...kept } = headers;
    return { file, headers: kept, body: Buffer.from(body, 'base64').toString('latin1') };
  });
}

export function wooHeaders(body: string | Buffer, topic = 'order.updated', secret = wooSecret): Record<string, string> {
  return { 'Content-Type': 'application/json', 'X-WC-Webhook-Topic': topic, 'X-WC-Webhook-Signature': createHmac('sha256', secret).update(body).digest('base64') };
}

export function paddleHeaders(body: string | Buffer, now: number, secret = paddleSecret): Record<string, string> {
  const ts = Math.floor(now / 1000);
  return { 'Content-Type': 'application/json', 'Paddle-Signature': `ts=${ts};h1=${createHmac('sha256', secret).update(`${ts}:`).update(body).digest('hex')}` };
}

export function sendWoo({ call }: TestApp, body: unknown, topic = 'order.updated'): Promise<Response> {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return call('post', '/webhooks/woocommerce', { raw, headers: wooHeaders(raw, topic) });
}

export function sendPaddle({ call, clock }: TestApp, body: unknown): Promise<Response> {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return call('post', '/webhooks/paddle', { raw, headers: paddleHeaders(raw, clock.now) });
}

/** Runs every job that is due. */
export function work({ deps }: TestApp): Promise<number> {
  return runDueJobs(deps, jobList);
}

export async function map({ deps, clock }: TestApp, provider: string, externalId: string, plan: string | null, months: number | null = 12): Promise<void> {
  await mapProduct(deps.db, { provider, externalId, plan, months }, { actor: 'test' }, clock.now);
}

let serial = 0;

/** A paid WooCommerce order of one CHATELLO-PRO, to be changed by the test. */
export function wooOrder(changes: Record<string, unknown> = {}): Record<string, unknown> & { id: number } {
  serial += 1;
  const id = 100_000 + serial;
  const line = { id: id * 10, name: 'Chatello Pro licence', product_id: 11, variation_id: 0, quantity: 1, total: '49.00', total_tax: '0.00', sku: 'CHATELLO-PRO', meta_data: [] };
  const time = '2026-11-21T11:00:00';
  const { id: _id, ...published } = payload('woocommerce/derived/order.updated.processing.json');
  return { ...published, id, number: String(id), currency: 'EUR', total: '49.00', refunds: [], meta_data: [], line_items: [line], date_paid_gmt: time, date_modified_gmt: time, billing: { first_name: 'Ada', last_name: 'Buyer', company: '', country: 'DE', email: `buyer${serial}@example.test` }, ...changes };
}

export type PaddleEvent = { event_id: string; event_type: string; occurred_at: string; data: Record<string, unknown> };

/** A published Paddle event under a new event id, with its data changed. */
export function paddleEvent(file: string, changes: Record<string, unknown> = {}, occurredAt?: string): PaddleEvent {
  serial += 1;
  const event = payload<PaddleEvent>(`paddle/${file}.json`);
  return { ...event, event_id: `evt_test_${serial}`, occurred_at: occurredAt ?? event.occurred_at, data: { ...event.data, ...changes } };
}

export type LicenseRow = { status: string; expires_at: number | null; order: string; order_id: string; product: string; unit: number; plan: string; email: string; id: string };

/** Every licence that an order has issued, with its order. */
export function licensesOf({ deps }: Pick<TestApp, 'deps'>): Promise<LicenseRow[]> {
  return deps.db
    .selectFrom('order_units')
    .innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .innerJoin('licenses', 'licenses.id', 'order_units.license_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .select(['licenses.id', 'licenses.status', 'licenses.expires_at', 'orders.external_id as order', 'orders.id as order_id', 'order_lines.external_product as product', 'order_units.unit', 'plans.code as plan', 'customers.email'])
    .orderBy('orders.external_id')
    .orderBy('order_lines.external_product')
    .orderBy('order_units.unit')
    .execute();
}

/** The licences of one order, as "product:status". */
export async function statusesOf(app: TestApp, order: string | number): Promise<string[]> {
  return (await licensesOf(app)).filter((row) => row.order === String(order)).map(({ product, status }) => `${product}:${status}`);
}

export function deliveriesOf({ deps }: TestApp): Promise<{ id: string; status: string; reason: string | null; deliveries: number; topic: string; event_id: string }[]> {
  return deps.db.selectFrom('inbox').select(['id', 'status', 'reason', 'deliveries', 'topic', 'event_id']).orderBy('received_at').orderBy('id').execute();
}
