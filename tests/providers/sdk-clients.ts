import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import type { Engine } from '../../server/db/database.ts';
import { createTestApp, type TestApp } from '../harness.ts';
import { listen } from './chat-client.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** The whole way: official SDKs, our server on a port, and a provider behind it. */
export type Way = {
  app: TestApp;
  upstream: Upstream;
  url: string;
  openAi: (apiKey?: string) => OpenAI;
  anthropic: (apiKey?: string) => Anthropic;
  /** How many requests have come to our server since this was asked last. */
  requests: () => number;
  close: () => Promise<void>;
};

const bothProviders = (url: string) => ({ OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: url });

/** Both SDKs as people construct them, retries included. `variables` make the configuration, given the address of the upstream. */
export async function openWay(engine: Engine, variables: (url: string) => Record<string, string> = bothProviders): Promise<Way> {
  const upstream = await startUpstream();
  const app = await createTestApp(engine, variables(upstream.url));
  let count = 0;
  const server = await listen({ ...app, api: ((req: never, res: never) => {
    count += 1;
    app.api(req, res);
  }) as typeof app.api });
  return {
    app,
    upstream,
    url: server.url,
    openAi: (apiKey = developmentKey) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey }),
    anthropic: (apiKey = developmentKey) => new Anthropic({ baseURL: server.url, apiKey }),
    requests() {
      const since = count;
      count = 0;
      return since;
    },
    async close() {
      await server.close();
      await app.close();
      await upstream.close();
    },
  };
}
