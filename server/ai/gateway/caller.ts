import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { ErrorShape } from '../../http/error-shape.ts';
import { usableLicense, type LicenseOfCaller } from '../../http/license-auth.ts';
import { limitByAddress } from '../../http/rate-limit.ts';
import { canonicalLicenseKey } from '../../licenses/license-key.rules.ts';
import { siteOf } from '../../licenses/site-of.ts';
import type { Site } from '../../licenses/site.rules.ts';
import { requireAi } from '../own-keys/require-ai.ts';
import type { AiSettings } from '../settings/ai-settings.rules.ts';
import { settingsOf } from '../settings/find-ai-settings.ts';
import { aiTermsOf, type AiTerms } from '../../usage/ai-terms.ts';
import { authenticateVisitor } from '../visitors/authenticate-visitor.ts';
import { looksLikeVisitorToken } from '../visitors/visitor-token.rules.ts';
import { anthropicErrorBody, openAiErrorBody, shapeError } from './error-shapes.rules.ts';
import type { Protocol } from './wire.rules.ts';

export type Caller = {
  license: LicenseOfCaller;
  /** The activated site that asks, if it is known. */
  site: string | null;
  /** The visitor of that site who asks by a token, as the ledger names them; null for whoever holds the licence key. */
  visitor: string | null;
  /** The rules that the site has given to this visitor; null without any. */
  sitePrompt: string | null;
  /** What the owner of the licence has decided. */
  settings: AiSettings;
  terms: AiTerms;
};

type CallerDeps = Pick<Deps, 'db' | 'vault' | 'now'>;

const maxKeyLength = 200;
const keyHeaders = ['x-license-key', 'x-api-key', 'authorization'];

/** What the drop-in endpoints read from the headers, for the documentation; what reads them is more forgiving. */
export const callerHeaders = z.object({
  authorization: z.string().optional().meta({ description: 'The licence key as the API key: `Bearer CHA-…`; from a browser a visitor token (`cvt_…`), where the endpoint takes one. `x-api-key` and `X-License-Key` do as well.' }),
  'x-site-domain': z.string().max(2_000).optional().meta({ description: 'The site that asks; recorded when it is activated.' }),
});

/**
 * Runs before the body is read: lets requests through whose licence may ask for AI answers now, with the key itself or, where `visitors`
 * may ask too, with a visitor token. Throws LICENSE_INVALID, LICENSE_REFUSED, PLAN_WITHOUT_AI, AI_PAUSED and VISITOR_TOKEN_*.
 */
export function aiCaller(deps: CallerDeps, visitors: 'visitors' | 'no visitors' = 'no visitors'): RequestHandler[] {
  const authenticate: RequestHandler = async (req, res, next) => {
    const key = keyOf(req);
    const isVisitor = looksLikeVisitorToken(key);
    if (isVisitor && visitors === 'no visitors') throw new AppError('FORBIDDEN', 'A visitor token does not open this endpoint. It is for the server of the site, with the licence key.', { field: 'headers.authorization' });
    const identity = isVisitor ? await authenticateVisitor(deps, key, req, res) : await authenticateOwner(deps, key, siteOfHeader(req));
    const { terms, owners } = await aiTermsOf(deps.db, identity.license.id);
    requireAi(identity.license, terms);
    const settings = settingsOf(owners);
    if (settings.pausedAt !== null) throw new AppError('AI_PAUSED', 'The AI of this licence is paused by its owner, who can resume it: POST /api/v1/ai-settings/resume.');
    res.locals['caller'] = { ...identity, settings, terms } satisfies Caller;
    next();
  };
  return [limitByAddress(600), authenticate];
}

/** The same for POST /api/chat, whose clients have always been told 400 when they send no key. */
export function chatCaller(deps: CallerDeps): RequestHandler[] {
  const requireKey: RequestHandler = (req, _res, next) => {
    if (keysOf(req).length === 0) throw new AppError('INVALID_REQUEST', 'headers.x-license-key: send the licence key in the header X-License-Key', { field: 'headers.x-license-key' });
    next();
  };
  return [requireKey, ...aiCaller(deps, 'visitors')];
}

/** The caller on the site that the body names. Throws what aiCaller throws; a visitor stays on the site of the token. */
export async function callerAt(deps: CallerDeps, caller: Caller, req: Request, domain: string | undefined): Promise<Caller> {
  if (domain === undefined || caller.visitor !== null) return caller;
  return { ...caller, ...(await authenticateOwner(deps, keyOf(req), siteOf(domain))) };
}

async function authenticateOwner({ db, vault, now }: CallerDeps, key: string, site: Site | undefined): Promise<Omit<Caller, 'settings' | 'terms'>> {
  const license = await usableLicense(db, vault, { key, site }, now());
  return { license, site: license.activation_id === null ? null : (site?.site ?? null), visitor: null, sitePrompt: null };
}

/** The caller of a request that aiCaller let through. */
export function callerOf(res: Response): Caller {
  return res.locals['caller'] as Caller;
}

function siteOfHeader(req: Request): Site | undefined {
  const domain = req.headers['x-site-domain'];
  return typeof domain === 'string' && domain !== '' ? siteOf(domain, 'headers.x-site-domain') : undefined;
}

/** The one that looks like a licence key or a visitor token, of the headers in which the SDKs and our own clients send it. */
function keyOf(req: Request): string {
  const values = keysOf(req);
  const key = values.find((value) => canonicalLicenseKey(value) !== undefined) ?? values.find(looksLikeVisitorToken) ?? values[0];
  if (key === undefined) throw new AppError('UNAUTHENTICATED', 'Send your licence key as the API key: Authorization: Bearer CHA-XXXX-XXXX-XXXX-XXXX (or in the header x-api-key or X-License-Key).', { field: 'headers.authorization' });
  return key;
}

function keysOf(req: Request): string[] {
  const keys: string[] = [];
  for (const name of keyHeaders) {
    const value = req.headers[name];
    if (typeof value === 'string' && value.trim() !== '') keys.push(value.trim().replace(/^Bearer\s+/i, '').slice(0, maxKeyLength));
  }
  return keys;
}

/** Which protocol a request to an endpoint of both speaks: Anthropic's SDK always names its version. */
export function protocolOfRequest(req: Request): Protocol {
  return req.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic';
}

function errorShape(schema: z.ZodType, example: Protocol, protocolOf: (req: Request) => Protocol = () => example): ErrorShape {
  return { schema, example: (error, requestId) => shapeError(example, error, requestId), answer: (error, req, requestId) => shapeError(protocolOf(req), error, requestId) };
}

export const errorShapes = {
  openai: errorShape(openAiErrorBody, 'openai'),
  anthropic: errorShape(anthropicErrorBody, 'anthropic'),
  both: errorShape(z.union([openAiErrorBody, anthropicErrorBody]), 'openai', protocolOfRequest),
};

/** Anthropic's name of the request's id. */
export const anthropicRequestId: RequestHandler = (req, res, next) => {
  if (protocolOfRequest(req) === 'anthropic' || req.path.startsWith('/v1/messages')) res.setHeader('request-id', res.locals['requestId'] as string);
  next();
};
