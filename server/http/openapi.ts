import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
import { tokenRequestsPerMinute } from './admin-auth.ts';
import { documentedErrors } from './documented-errors.ts';
import { errorBody } from './error-handler.ts';
import { limitByAddress, requestsPerMinute } from './rate-limit.ts';
import { route, type Route, type RouteSpec } from './route.ts';
import { version } from '../version.ts';

const security: Record<RouteSpec['auth'], Record<string, string[]>[]> = {
  none: [],
  webhook: [],
  license: [{ licenseKey: [] }],
  admin: [{ adminToken: [] }],
};

/** What every answer to an API token carries. */
const tokenHeaders = z.object({
  'RateLimit-Limit': z.string().meta({ description: 'Requests that the token may make in a minute.', example: String(tokenRequestsPerMinute) }),
  'RateLimit-Remaining': z.string().meta({ description: 'What is left of them.', example: '1199' }),
  'RateLimit-Reset': z.string().meta({ description: 'Seconds until they are all there again.', example: '60' }),
});
const tagHeader = z.object({ ETag: z.string().meta({ description: 'Stands for what was answered; for `If-None-Match`, and for `If-Match` of a change.', example: '"kN3QyTqs0cNmF9vX0m1u2w7aB4c"' }) });

const introduction = [
  'Licences, purchases and AI answers for WordPress plugins.',
  'Requests and answers are JSON in UTF-8. Times are ISO 8601 in UTC; in an answer `expires_at: null` means never. Fields that are not known are ignored.',
  'Whatever cannot be processed is answered with a 4xx or 5xx status and `{"error": {"code", "message", "field", "request_id"}}`: the code is for programs and stays the same, the message is for people. A licence that is not valid is no error: `/api/validate` answers 200 with `valid: false` and a code that says why.',
  '**For programs** (`/api/v1`, with an API token): every list takes `limit` (1 to 100), `cursor` and `sort` and answers `{"data": […], "next_cursor"}`; the cursor is opaque, and a parameter that is not known is refused. Every GET has an `ETag` and takes `If-None-Match`; a change of something that GET reads takes `If-Match` and is refused with 412 when something else was changed meanwhile. Every write takes an `Idempotency-Key`: sent again within two days, it brings the first answer again. A token may ask 1,200 times a minute; `RateLimit-Remaining` and `RateLimit-Reset` say what is left.',
].join('\n\n');

const tags = [
  { name: 'Licences', description: 'For the plugin: is this key good for this site?' },
  { name: 'AI', description: 'For the plugin: answers of AI models within the quota of the licence.' },
  { name: 'Administration', description: 'For your own programs: customers and licences, with the API token.' },
  { name: 'Customers', description: 'For your own programs: who has bought.' },
  { name: 'Orders', description: 'For your own programs: what was paid and refunded, and what runs on.' },
  { name: 'Products', description: 'For your own programs: what is sold, and what it includes.' },
  { name: 'Messages', description: 'For your own programs: e-mails, deliveries of the shops, and webhooks to your systems.' },
  { name: 'People', description: 'For your own programs: users, organisations, API tokens, and who did what.' },
  { name: 'Exports', description: 'For your own programs: everything that a filter leaves, in one file.' },
  { name: 'Batches', description: 'For your own programs: changes of many customers or licences at once.' },
  { name: 'Webhooks', description: 'For the shops: purchases, renewals and refunds come in here.' },
  { name: 'System', description: 'Is the server well, and what can it do?' },
];

/** The OpenAPI 3.1 document of the routes, made from the definitions that parse the requests. */
export function openApiDocument(routes: Route[], publicUrl: string): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const { spec } of routes) {
    const openApiPath = spec.path.replace(/:(\w+)/g, '{$1}');
    paths[openApiPath] = { ...paths[openApiPath], [spec.method]: operation(spec) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Chatello', version, description: introduction, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: publicUrl }],
    tags,
    paths,
    components: {
      securitySchemes: {
        licenseKey: { type: 'apiKey', in: 'header', name: 'X-License-Key', description: 'The licence key of the customer, such as CHA-7K3M-Q2VX-0RTB-9D4H. Case, spaces and missing hyphens do not matter.' },
        adminToken: { type: 'http', scheme: 'bearer', description: 'A token from the page API tokens of the dashboard, which may do what its scopes say; or the one in `ADMIN_API_TOKEN`, which may do everything (a server without that variable keeps its own in `DATA_DIR/secrets.json`).' },
      },
    },
  }, { override: ({ jsonSchema }) => readable(jsonSchema) });
}

type Described = { type?: unknown; format?: unknown; minimum?: unknown; maximum?: unknown; example?: unknown };

/** Without an example the readers of the document make one up from the bounds and patterns, which looks like noise. */
function readable(schema: Described): void {
  if (schema.format === 'date-time') schema.example ??= '2026-11-21T12:00:00.000Z';
  if (schema.format === 'date') schema.example ??= '2026-11-21';
  if (schema.type !== 'integer') return;
  // The bounds of what JavaScript can count with say nothing about the field.
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  schema.example ??= 3;
}

function operation(spec: RouteSpec): ZodOpenApiOperationObject {
  const { params, query, headers, body } = spec;
  const schema = spec.errorShape?.schema ?? errorBody;
  const isTagged = spec.headers !== undefined && ('if-none-match' in spec.headers.shape || ('if-match' in spec.headers.shape && spec.method !== 'delete'));
  const answerHeaders = spec.auth === 'admin' ? { headers: isTagged ? tokenHeaders.extend(tagHeader.shape) : tokenHeaders } : {};
  const others = spec.passesBack ? 'Whatever the provider refuses, as it came; and any other refusal, in the same shape.' : 'Any other refusal, in the same shape.';
  const responses: ZodOpenApiOperationObject['responses'] = { default: { description: others, content: { 'application/json': { schema } } } };
  for (const [status, { description, example }] of documentedErrors(spec)) responses[`${status}` as '400'] = { description, content: { 'application/json': { schema, example } } };
  for (const [status, answer] of Object.entries(spec.responses)) {
    responses[status as '200'] = { description: answer.description, ...answerHeaders, ...(answer.schema ? { content: { [answer.contentType ?? 'application/json']: { schema: answer.schema }, ...further(answer.also) } } : {}) };
  }
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    ...describedWith(spec),
    tags: [spec.tag],
    security: spec.scope === undefined ? security[spec.auth] : [{ adminToken: [spec.scope] }],
    requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}), ...(headers ? { header: headers } : {}) },
    ...(body === undefined ? {} : { requestBody: { required: typeof body === 'string' || !body.safeParse({}).success, content: { [body === 'raw' ? '*/*' : body === 'stream' ? 'text/csv' : 'application/json']: { schema: body === 'raw' ? z.unknown() : body === 'stream' ? z.string() : body } } } }),
    responses,
  };
}

function describedWith({ description, scope }: RouteSpec): { description?: string } {
  const needs = scope === undefined ? undefined : `Needs the scope \`${scope}\`.`;
  const text = [description, needs].filter((part) => part !== undefined).join(' ');
  return text === '' ? {} : { description: text };
}

function further(also: Record<string, z.ZodType> = {}): Record<string, { schema: z.ZodType }> {
  return Object.fromEntries(Object.entries(also).map(([contentType, schema]) => [contentType, { schema }]));
}

const swaggerDirectory = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const docsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Chatello API</title>
<link rel="icon" type="image/svg+xml" href="/docs/icon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="stylesheet" href="/docs/chatello.css"></head><body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;
const docsScript = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, defaultModelsExpandDepth: -1 });`;

/** What Swagger UI leaves to be desired: narrow screens, a column that is always empty, links that can be told from text. */
const docsStyle = `
.swagger-ui .opblock-tag { flex-wrap: wrap; gap: 0 10px; padding-right: 40px; position: relative; }
.swagger-ui .opblock-tag small { flex: 1 1 260px; padding: 0; }
.swagger-ui .opblock-tag button.expand-operation { position: absolute; right: 0; top: 10px; }
.swagger-ui .responses-table .response-col_links { display: none !important; }
.swagger-ui a.nostyle, .swagger-ui .info a { color: #2456c7; }
.swagger-ui .opblock-tag a.nostyle, .swagger-ui .opblock a.nostyle { color: inherit; }
.swagger-ui .info { margin: 30px 0; }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 12px; }
  .swagger-ui table.parameters td, .swagger-ui table.parameters th, .swagger-ui .responses-table td { display: block; width: auto; max-width: none; padding-left: 0; }
  .swagger-ui table.parameters thead, .swagger-ui .responses-table thead { display: none; }
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; gap: 8px; }
  .swagger-ui .opblock-summary-path { max-width: none; }
}
`;
const docsIcon = path.resolve(import.meta.dirname, '../../admin-views/assets/icon.svg');

/** Swagger UI needs inline styles and data images; scripts come from this server alone. */
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** `/openapi.json`: the document of all routes, this one included. */
export function openApiRoutes({ config }: Pick<Deps, 'config'>, routes: Route[]): Route[] {
  let rendered: ReturnType<typeof openApiDocument> | undefined;
  const document = route(
    { method: 'get', path: '/openapi.json', operationId: 'describeApi', tag: 'System', auth: 'none', summary: 'The OpenAPI 3.1 document', before: [limitByAddress(requestsPerMinute)], responses: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }) } } },
    async () => ({ body: (rendered ??= openApiDocument(routes, config.publicUrl)) }),
  );
  return [document];
}

/** The readable documentation with its styles and scripts. */
export function docsPages(): RequestHandler {
  const router = express.Router();
  router.use((_req, res, next) => {
    res.setHeader('Content-Security-Policy', docsPolicy);
    // The files set their own.
    res.removeHeader('Cache-Control');
    next();
  });
  router.get('/', (_req, res) => void res.type('html').send(docsPage));
  router.get('/chatello.css', (_req, res) => void res.type('css').send(docsStyle));
  router.get('/icon.svg', (_req, res) => res.sendFile(docsIcon));
  router.get('/start.js', (_req, res) => void res.type('js').send(docsScript));
  router.use(express.static(swaggerDirectory, { index: false, immutable: true, maxAge: '1d' }));
  return router;
}
