import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type buildConnector } from 'undici';
import { needsPrice, protocolOf, type ProviderKind, type ProviderSettings } from '../catalog/provider-settings.rules.ts';
import type { ProviderFace } from '../provider-errors.ts';
import { requestOf, type UpstreamAnswer } from './upstream-answer.ts';
import type { Protocol } from './wire.rules.ts';

export type UpstreamRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  /** After the base address, with the query: `/chat/completions`. */
  path: string;
  /** Of the client; only those that a provider may see are sent on. */
  headers?: IncomingHttpHeaders;
  body?: Buffer;
  signal: AbortSignal;
};

/** A provider that is spoken to byte by byte, over connections that stay open. */
export type Upstream = {
  name: string;
  kind: ProviderKind;
  protocol: Protocol;
  defaultModel: string | undefined;
  /** Its requests cost us money: a model without a price is not asked for. */
  needsPrice: boolean;
  /** Whose account it is. */
  source: ProviderSettings['source'];
  face: ProviderFace;
  /** Resolves when the headers of the answer have come. Nothing is repeated and no redirect followed; the time limits are the caller's. */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** Gives the connections back when the requests that are under way have ended. */
  close(): void;
};

const anthropicVersion = '2023-06-01';
const passedOn = ['content-type', 'accept', 'anthropic-version', 'anthropic-beta', 'openai-beta', 'idempotency-key', 'x-client-request-id'];

/** Connects when it is first asked, by `connect` where that is given. */
export function openUpstream(settings: ProviderSettings, connect?: buildConnector.connector): Upstream {
  const { name, kind, baseUrl, apiKey, defaultModel, source } = settings;
  const { origin, pathname } = new URL(baseUrl);
  const basePath = pathname.replace(/\/+$/, '');
  const protocol = protocolOf(kind);
  const ownHeaders: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'Chatello' };
  if (apiKey !== undefined) Object.assign(ownHeaders, protocol === 'anthropic' ? { 'x-api-key': apiKey } : { authorization: `Bearer ${apiKey}` });
  if (protocol === 'anthropic') ownHeaders['anthropic-version'] = anthropicVersion;
  let pool: Pool | undefined;
  return {
    name, kind, protocol, defaultModel, needsPrice: needsPrice(settings), source, face: faceOf(settings),
    send({ method, path, headers = {}, body, signal }) {
      // undici closes a connection that has been idle for 4 s: before any server does, which could break the next request.
      pool ??= new Pool(origin, { headersTimeout: 0, bodyTimeout: 0, ...(connect === undefined ? {} : { connect }) });
      const sent = { ...ownHeaders };
      for (const name of passedOn) {
        const value = headers[name];
        if (typeof value === 'string') sent[name] = value;
      }
      return requestOf(pool, { method, path: basePath + path, headers: sent, body: body ?? null }, signal);
    },
    close() {
      const open = pool;
      // A request that had chosen this provider before it was replaced still gets its answer, over a new pool.
      pool = undefined;
      void open?.close();
    },
  };
}

function faceOf({ name, title, apiKey, source }: ProviderSettings): ProviderFace {
  const common = { title, secrets: apiKey === undefined ? [] : [apiKey], isCustomers: source === 'customer' };
  const prefix = name.toUpperCase().replaceAll('-', '_');
  if (source === 'environment') return { ...common, keyVariable: `${prefix}_API_KEY`, addressVariable: `${prefix}_BASE_URL`, modelVariable: `${prefix}_MODEL` };
  const page = source === 'dashboard' ? 'on the page Providers' : 'of the customer';
  return { ...common, keyVariable: `the key of "${name}" ${page}`, addressVariable: `the address of "${name}" ${page}`, modelVariable: `the default model of "${name}" ${page}` };
}
