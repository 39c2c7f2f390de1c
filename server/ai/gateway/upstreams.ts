import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import type { Config } from '../../config.ts';
import type { ProviderFace } from '../provider-errors.ts';
import { protocolOf, type UpstreamName } from './route-model.rules.ts';
import type { Protocol } from './wire.rules.ts';

export type UpstreamRequest = {
  method: 'GET' | 'POST';
  /** After the base address, with the query: `/chat/completions`. */
  path: string;
  /** Of the client; only those that a provider may see are sent on. */
  headers?: IncomingHttpHeaders;
  body?: Buffer;
  signal: AbortSignal;
};

/** A provider that is spoken to byte by byte, over connections that stay open. */
export type Upstream = {
  name: UpstreamName;
  protocol: Protocol;
  defaultModel: string | undefined;
  face: ProviderFace;
  /** Resolves when the headers of the answer have come. Nothing is repeated and no redirect followed; the time limits are the caller's. */
  send(request: UpstreamRequest): Promise<Dispatcher.ResponseData>;
};

type Settings = { name: UpstreamName; title: string; baseUrl: string; apiKey: string | undefined; variables: string; defaultModel: string | undefined };

const anthropicVersion = '2023-06-01';
const passedOn = new Set(['content-type', 'accept', 'anthropic-version', 'anthropic-beta', 'openai-beta', 'idempotency-key', 'x-client-request-id']);
const made = new WeakMap<Config, Upstream[]>();

/** The providers that the configuration switches on, in the order in which they are preferred. */
export function upstreamsOf(config: Config): Upstream[] {
  let upstreams = made.get(config);
  if (!upstreams) {
    upstreams = settingsOf(config).map(openUpstream);
    made.set(config, upstreams);
  }
  return upstreams;
}

function settingsOf(config: Config): Settings[] {
  const settings: Settings[] = [];
  if (config.OPENAI_API_KEY !== undefined) settings.push({ name: 'openai', title: 'OpenAI', baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY, variables: 'OPENAI', defaultModel: config.OPENAI_MODEL });
  if (config.ANTHROPIC_API_KEY !== undefined) settings.push({ name: 'anthropic', title: 'Anthropic', baseUrl: `${config.ANTHROPIC_BASE_URL}/v1`, apiKey: config.ANTHROPIC_API_KEY, variables: 'ANTHROPIC', defaultModel: config.ANTHROPIC_MODEL });
  if (config.DEEPSEEK_API_KEY !== undefined) settings.push({ name: 'deepseek', title: 'DeepSeek', baseUrl: config.DEEPSEEK_BASE_URL, apiKey: config.DEEPSEEK_API_KEY, variables: 'DEEPSEEK', defaultModel: config.DEEPSEEK_MODEL });
  if (config.OPENAI_COMPATIBLE_BASE_URL !== undefined) {
    settings.push({ name: 'openai-compatible', title: 'The OpenAI-compatible server', baseUrl: config.OPENAI_COMPATIBLE_BASE_URL, apiKey: config.OPENAI_COMPATIBLE_API_KEY, variables: 'OPENAI_COMPATIBLE', defaultModel: config.OPENAI_COMPATIBLE_MODEL });
  }
  return settings;
}

function openUpstream({ name, title, baseUrl, apiKey, variables, defaultModel }: Settings): Upstream {
  const { origin, pathname } = new URL(baseUrl);
  const basePath = pathname.replace(/\/+$/, '');
  const protocol = protocolOf(name);
  const ownHeaders: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'Chatello' };
  if (apiKey !== undefined) Object.assign(ownHeaders, protocol === 'anthropic' ? { 'x-api-key': apiKey } : { authorization: `Bearer ${apiKey}` });
  if (protocol === 'anthropic') ownHeaders['anthropic-version'] = anthropicVersion;
  let pool: Pool | undefined;
  return {
    name, protocol, defaultModel,
    face: { title, keyVariable: `${variables}_API_KEY`, addressVariable: `${variables}_BASE_URL`, modelVariable: `${variables}_MODEL`, secrets: apiKey === undefined ? [] : [apiKey] },
    async send({ method, path, headers = {}, body, signal }) {
      // undici closes a connection that has been idle for 4 s: before any server does, which could break the next request.
      pool ??= new Pool(origin, { headersTimeout: 0, bodyTimeout: 0 });
      const asked = Object.fromEntries(Object.entries(headers).filter((header): header is [string, string] => passedOn.has(header[0]) && typeof header[1] === 'string'));
      const answer = await pool.request({ method, path: basePath + path, headers: { ...ownHeaders, ...asked }, body: body ?? null, signal });
      // Whoever reads the body hears of its errors; of one that is thrown away nobody wants to.
      answer.body.on('error', () => undefined);
      return answer;
    },
  };
}
