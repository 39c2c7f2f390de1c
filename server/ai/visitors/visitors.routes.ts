import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { usableLicense } from '../../http/license-auth.ts';
import { licenseKeyHeader } from '../../http/license-key.ts';
import { limitByAddress } from '../../http/rate-limit.ts';
import { route, type Route } from '../../http/route.ts';
import { activationOfOrigin } from '../../licenses/activated-origin.ts';
import { activationSecretDigest } from '../../licenses/activation-secret.ts';
import { parseOrigin } from '../../licenses/origin.rules.ts';
import { siteOf } from '../../licenses/site-of.ts';
import { aiTermsOf } from '../../usage/ai-terms.ts';
import { requireAi } from '../own-keys/require-ai.ts';
import { mintToken } from './mint-token.ts';

const mostSeconds = 600;
const mostRequests = 100;

const tokenRequest = z.object({
  origin: z.string().max(300).meta({ description: 'Of the pages that will use the token: scheme, host and port. `https`, but for staging sites and local machines.', example: 'https://shop.example.com' }),
  visitor: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8 to 64 letters, digits, _ or -').meta({ description: 'Your own name for the visitor: random, kept in their browser, nothing that says who they are.', example: 'v_5f0c8b7e2a914d36' }),
  ttl_seconds: z.int().min(1).max(mostSeconds, `must be at most ${mostSeconds}`).default(mostSeconds).meta({ description: 'How long it is good.' }),
  max_requests: z.int().min(1).max(mostRequests, `must be at most ${mostRequests}`).default(20).meta({ description: 'How many requests it is good for.' }),
  system_prompt: z.string().trim().min(1).max(16_000).optional().meta({ description: 'The rules of this site for the conversations of this visitor: they stand after the rules of the licence, and before anything that the browser sends. Kept encrypted, as long as the token.', example: 'You are the assistant of a shoe shop. Be brief.' }),
  activation_secret: z.string().max(100).optional().meta({ description: 'What the site has got when it was activated with `with_secret`. A site that has one must send it.' }),
  domain: z.string().max(2_000).optional().meta({ description: 'The site, where the licence has several at this origin: `example.com/shop`.' }),
});

const mintedToken = z
  .object({ token: z.string().meta({ example: 'cvt_6fW3nHq0m1Zr8yJk2bT5vXc9sLd4gPa7uEo1iRw3QhM' }), expires_at: z.iso.datetime(), origin: z.string().meta({ description: 'As browsers write it.', example: 'https://shop.example.com' }), max_requests: z.int() })
  .meta({ id: 'VisitorToken' });

/** Tokens with which browsers ask the AI themselves, so that the licence key stays on the site's server. */
export function visitorRoutes({ db, vault, now }: Deps): Route[] {
  const mint = route(
    {
      method: 'post', path: '/api/v1/visitor-tokens', operationId: 'createVisitorToken', tag: 'AI', auth: 'license',
      summary: 'A token for the browser of a visitor',
      description: [
        'For the server of a site; the licence key must never reach a browser. The browser sends the token in place of the key (`Authorization: Bearer`, `x-api-key` or `X-License-Key`) to `POST /api/chat`, `POST /v1/chat/completions`, `POST /v1/messages`, `POST /v1/audio/transcriptions`, `POST /v1/audio/speech` and `GET /v1/models`.',
        'The token works in pages of exactly this origin, for the first address that uses it, until it expires or its requests are used, and while the licence may be used and the site is activated. Every request that arrives with it counts, answered or not.',
        'A visitor may send no system or developer message, no `system` and no `n` above 1, use no tools that the provider runs, and name only the aliases of models, or the models on the list of the plan.',
        'At most 10 tokens for a visitor and 2,000 for a licence within ten minutes.',
      ].join('\n\n'),
      headers: licenseKeyHeader, body: tokenRequest, before: [limitByAddress(600)],
      responses: { 201: { description: 'The token. It is told once.', schema: mintedToken } },
      errors: ['LICENSE_INVALID', 'LICENSE_REFUSED', 'PLAN_WITHOUT_AI', 'SITE_NOT_ACTIVATED', 'RATE_LIMITED'],
    },
    async ({ headers, body }) => {
      const at = now();
      const origin = parseOrigin(body.origin);
      if (!origin) throw new AppError('INVALID_REQUEST', 'body.origin: must be scheme, host and port of the site and no more, such as https://shop.example.com', { field: 'body.origin' });
      const key = headers['x-license-key'];
      const { id: licenseId } = await usableLicense(db, vault, { key }, at);
      const activation = await activationOfOrigin(db, licenseId, origin, { site: body.domain === undefined ? undefined : siteOf(body.domain).site, secret: body.activation_secret === undefined ? undefined : activationSecretDigest(vault, body.activation_secret) });
      const license = await usableLicense(db, vault, { key, site: siteOf(activation.site), ...(activation.kind === 'staging' ? { environment: 'staging' } : {}) }, at);
      requireAi(license, (await aiTermsOf(db, licenseId)).terms);
      const { token, expiresAt } = await mintToken({ db, vault }, { licenseId, activation, origin: origin.origin, visitor: body.visitor, ttlSeconds: body.ttl_seconds, maxRequests: body.max_requests, systemPrompt: body.system_prompt }, at);
      return { status: 201, body: { token, expires_at: new Date(expiresAt).toISOString(), origin: origin.origin, max_requests: body.max_requests } };
    },
  );
  return [mint];
}
