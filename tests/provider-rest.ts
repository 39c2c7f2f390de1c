import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ProviderRest = {
  url: string;
  /** The address by which the shop knows us. */
  paddleEvents: { event_id: string; occurred_at: string }[];
  stripeEvents: { id: string; created: number }[];
  wooOrders: Record<string, unknown>[];
  wooSubscriptions: Record<string, unknown>[];
  wooWebhooks: { id: number; name: string; status: string; topic: string; delivery_url: string }[];
  paddleObjects: Map<string, unknown>;
  requests: string[];
  /** Called after each list of orders or subscriptions that the shop has given. */
  afterList?: () => void;
  close: () => void;
};

/** A server that speaks as much of the REST APIs of Paddle, Stripe and WooCommerce as reconciliation asks for, with small pages. */
export async function startProviderRest(): Promise<ProviderRest> {
  const rest: Omit<ProviderRest, 'url' | 'close' | 'afterList'> = { paddleEvents: [], stripeEvents: [], wooOrders: [], wooSubscriptions: [], wooWebhooks: [], paddleObjects: new Map(), requests: [] };
  const pageOf = <Item>(items: Item[], after: string | null, id: (item: Item) => string, size: number) => {
    const start = after === null ? 0 : items.findIndex((item) => id(item) === after) + 1;
    return { page: items.slice(start, start + size), hasMore: start + size < items.length };
  };
  const result: ProviderRest = { ...rest, url: '', close: () => server.close() };
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://rest');
    rest.requests.push(`${req.method} ${pathname}`);
    const answer = (status: number, body: unknown) => void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      if (pathname === '/events') {
        const { page, hasMore } = pageOf([...rest.paddleEvents].sort((a, b) => (a.occurred_at < b.occurred_at ? 1 : -1)), searchParams.get('after'), ({ event_id: id }) => id, 5);
        return answer(200, { data: page, meta: { pagination: { per_page: 5, has_more: hasMore, next: 'https://api.paddle.com/events?after=elsewhere', estimated_total: rest.paddleEvents.length } } });
      }
      if (rest.paddleObjects.has(pathname)) return answer(200, { data: rest.paddleObjects.get(pathname) });
      if (pathname === '/v1/events') {
        const since = Number(searchParams.get('created[gte]'));
        const { page, hasMore } = pageOf(rest.stripeEvents.filter(({ created }) => created >= since).sort((a, b) => b.created - a.created), searchParams.get('starting_after'), ({ id }) => id, 3);
        return answer(200, { object: 'list', data: page, has_more: hasMore });
      }
      if (pathname === '/v1/invoice_payments') return answer(200, { object: 'list', data: [], has_more: false });
      const [, refunded] = /^\/wp-json\/wc\/v3\/orders\/(\d+)\/refunds$/.exec(pathname) ?? [];
      if (refunded !== undefined) return answer(200, rest.wooOrders.filter((order) => String(order['id']) === refunded).flatMap((order) => (order['refunds'] as { id: number; total: string }[]).map(({ id, total }) => ({ id, amount: total.replace('-', ''), date_created_gmt: '2026-11-21T11:30:00', line_items: [] }))));
      const [, endpoint = '', id] = /^\/wp-json\/wc\/v3\/(orders|subscriptions|webhooks)(?:\/(\d+))?$/.exec(pathname) ?? [];
      if (endpoint === 'webhooks' && req.method === 'PUT') {
        const found = rest.wooWebhooks.find((webhook) => String(webhook.id) === id);
        if (found) Object.assign(found, JSON.parse(text));
        return answer(found ? 200 : 404, found);
      }
      if (endpoint === 'webhooks') return answer(200, rest.wooWebhooks.filter(({ status }) => status === (searchParams.get('status') ?? status)));
      if (endpoint !== '' && id === undefined) {
        const objects = endpoint === 'orders' ? rest.wooOrders : rest.wooSubscriptions;
        const since = searchParams.get('modified_after') ?? '';
        const number = Number(searchParams.get('page') ?? 1);
        const size = Number(searchParams.get('per_page'));
        const changed = objects.filter((object) => String(object['date_modified_gmt']) > since).sort((a, b) => (String(a['date_modified_gmt']) < String(b['date_modified_gmt']) ? -1 : 1));
        answer(200, changed.slice((number - 1) * size, number * size));
        return result.afterList?.();
      }
      if (endpoint !== '') {
        const found = [...rest.wooOrders, ...rest.wooSubscriptions].find((object) => String(object['id']) === id);
        return req.method === 'GET' && found ? answer(200, found) : answer(req.method === 'PUT' && found ? 200 : 404, {});
      }
      return answer(404, { error: 'not here' });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  result.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return result;
}
