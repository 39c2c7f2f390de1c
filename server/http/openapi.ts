import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Deps } from '../deps.ts';
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

/** The OpenAPI 3.1 document of the routes, made from the definitions that parse the requests. */
export function openApiDocument(routes: Route[], publicUrl: string): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const { spec } of routes) {
    const openApiPath = spec.path.replace(/:(\w+)/g, '{$1}');
    paths[openApiPath] = { ...paths[openApiPath], [spec.method]: operation(spec) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Chatello', version, description: 'Licences, purchases, AI proxy and updates of WordPress plugins.', license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      securitySchemes: {
        licenseKey: { type: 'apiKey', in: 'header', name: 'X-License-Key' },
        adminToken: { type: 'http', scheme: 'bearer' },
      },
    },
  });
}

function operation(spec: RouteSpec): ZodOpenApiOperationObject {
  const { params, query, headers, body } = spec;
  const responses: ZodOpenApiOperationObject['responses'] = {
    default: { description: 'The request could not be processed.', content: { 'application/json': { schema: spec.errorShape?.schema ?? errorBody } } },
  };
  for (const [status, answer] of Object.entries(spec.responses)) {
    responses[status as '200'] = { description: answer.description, ...(answer.schema ? { content: { [answer.contentType ?? 'application/json']: { schema: answer.schema } } } : {}) };
  }
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    tags: [spec.tag],
    security: security[spec.auth],
    requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}), ...(headers ? { header: headers } : {}) },
    ...(body === undefined ? {} : { requestBody: { content: { [body === 'raw' ? '*/*' : 'application/json']: { schema: body === 'raw' ? z.unknown() : body } } } }),
    responses,
  };
}

const swaggerDirectory = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const docsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Chatello API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;
const docsScript = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, defaultModelsExpandDepth: -1 });`;

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
  router.get('/start.js', (_req, res) => void res.type('js').send(docsScript));
  router.use(express.static(swaggerDirectory, { index: false, immutable: true, maxAge: '1d' }));
  return router;
}
