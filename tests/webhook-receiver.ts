import { startUpstream, type Received, type Upstream } from './providers/upstream.ts';
import { newId } from '../server/ids.ts';
import { addEndpoint } from '../server/webhooks/manage-endpoints.ts';
import { createTestApp, type TestApp } from './harness.ts';
import type { Engine } from '../server/db/database.ts';

/** A server whose webhooks may go to one receiver on this machine. */
export type WebhookApp = TestApp & { receiver: Upstream; addEndpoint: (events: string[], url?: string) => Promise<{ id: string; secret: string }> };

export async function createWebhookApp(engine: Engine, variables: Record<string, string> = {}): Promise<WebhookApp> {
  const receiver = await startUpstream();
  receiver.answer((res) => void res.writeHead(204).end());
  const app = await createTestApp(engine, { ALLOWED_PRIVATE_HOSTS: new URL(receiver.url).host, ...variables });
  return {
    ...app,
    receiver,
    async addEndpoint(events, url = `${receiver.url}/hook`) {
      const id = newId();
      const secret = await addEndpoint(app.deps.db, app.deps.vault, id, { url, description: null, events }, { actor: 'test' }, app.clock.now);
      return { id, secret: secret ?? '' };
    },
    async close() {
      await app.close();
      await receiver.close();
    },
  };
}

/** The published rules of Standard Webhooks, written anew: which of the signatures of a message are by this secret. */
export async function signaturesBy(secret: string, { headers, text }: Received): Promise<string[]> {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const content = new TextEncoder().encode(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`);
  const good: string[] = [];
  for (const signature of String(headers['webhook-signature']).split(' ')) {
    const [version, value = ''] = signature.split(',');
    if (version === 'v1' && (await crypto.subtle.verify('HMAC', key, Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)), content))) good.push(signature);
  }
  return good;
}
