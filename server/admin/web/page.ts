import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import { may, type Permission, type Role } from '../../access/access.rules.ts';
import type { Scope } from '../../access/scope.ts';
import type { Actor } from '../../audit/record-audit.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { Session } from '../../users/sessions.ts';
import { sendFile } from '../../http/send-file.ts';
import type { ExportFile } from '../../records/export-records.ts';
import { checkCsrf } from './csrf.ts';
import { localeOf, translator, type Locale, type Translate } from './locale.ts';
import { addressUnder, mountOf } from './mount.ts';
import { sessionOf } from './session-of.ts';
import { sendPage, type Shell } from './shell.ts';

/** What a page is given: parsed, never raw. Of repeated fields the last counts. */
export type PageContext = {
  params: Record<string, string>;
  query: Record<string, string>;
  form: Record<string, string>;
  locale: Locale;
  t: Translate;
  client: { ip: string; userAgent: string };
  req: Request;
  res: Response;
};
export type SignedInContext = PageContext & { session: Session; by: Actor; role: Role; scope: Scope };

/** A page to show, where to go, a file to keep (its name in plain ASCII), one that is made while it is sent, or a whole document for a frame, under a policy of its own. */
export type Answer = { view: string; title: string; data?: Record<string, unknown>; status?: number } | { redirect: string } | { download: string; type: string; body: string } | { file: ExportFile } | { document: string; policy: string };
/** `permission` is undefined for what is open to everybody. */
export type Page = { method: 'get' | 'post'; path: string; permission: Permission | undefined; handle: (context: PageContext) => Promise<Answer> };

/** A page for everybody. */
export function openPage(method: Page['method'], path: string, handle: Page['handle']): Page {
  return { method, path, permission: undefined, handle };
}

/** A page for whoever is signed in and holds the permission. Both are looked for here, so that a page mounted in the wrong place stays closed. Throws UNAUTHENTICATED or FORBIDDEN. */
export function page(method: Page['method'], path: string, permission: Permission, handle: (context: SignedInContext) => Promise<Answer>): Page {
  return {
    method,
    path,
    permission,
    handle: (context) => {
      const session = sessionOf(context.res);
      if (!session) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
      const { email, role, scope } = session.user;
      if (!may(role, permission) || (session.awaitsCode && permission !== 'own-account')) throw new AppError('FORBIDDEN', 'Your account may not do this.');
      const by: Actor = { actor: scope.kind === 'customer' ? `customer:${scope.customerId}` : `user:${email}`.slice(0, 190), requestId: context.res.locals['requestId'] as string };
      return handle({ ...context, session, by, role, scope });
    },
  };
}

/** Mounts pages in order: read, render or redirect. Every form is checked for its token. */
export function mountPages(app: Express, deps: Deps, shell: Shell, pages: Page[]): void {
  for (const { method, path, handle } of pages) {
    app[method](path, ...(method === 'post' ? [checkCsrf(deps.vault)] : []), async (req, res) => {
      const locale = localeOf(req);
      const answer = await handle({
        params: lastValues(req.params),
        query: lastValues(req.query),
        form: lastValues((req.body ?? {}) as Record<string, unknown>),
        locale,
        t: translator(locale),
        client: { ip: req.ip ?? '', userAgent: req.headers['user-agent'] ?? '' },
        req,
        res,
      });
      if ('redirect' in answer) res.redirect(303, addressUnder(answer.redirect, mountOf(res)));
      else if ('document' in answer) sendDocument(res, answer);
      else if ('file' in answer) await sendFile(res, answer.file);
      else if ('download' in answer) res.attachment(answer.download).type(answer.type).send(answer.body);
      else await sendPage(shell, req, res, answer);
    });
  }
}

/** In its sandbox a document is of no origin, and browsers complain when it asks for a process of its own all the same. */
function sendDocument(res: Response, { document, policy }: { document: string; policy: string }): void {
  res.removeHeader('Origin-Agent-Cluster');
  res.set('Content-Security-Policy', policy).type('html').send(document);
}

function lastValues(input: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(Array.isArray(value) ? (value.at(-1) ?? '') : value)]));
}

/** Parses a form. The messages of the schema are keys of the catalogue, where it has any; what was typed can be shown again beside them. */
export function parseForm<Schema extends z.ZodType>(schema: Schema, form: Record<string, string>, t: Translate): { ok: true; data: z.output<Schema> } | { ok: false; errors: Record<string, string> } {
  const result = schema.safeParse(form, { error: ({ input }) => (input === undefined ? 'error.required' : 'error.invalid') });
  if (result.success) return { ok: true, data: result.data };
  const errors: Record<string, string> = {};
  for (const issue of result.error.issues) errors[issue.path.join('.')] ??= t(issue.message);
  return { ok: false, errors };
}

const controlCharacters = /\p{Cc}/u;

/** One line of text; surrounding space is dropped. */
export function textField(maxLength: number): z.ZodType<string> {
  return z.string({ error: 'error.required' }).trim().max(maxLength, 'error.too_long').refine((text) => !controlCharacters.test(text), 'error.one_line');
}

/** One line of text that must be there. */
export function requiredText(maxLength: number): z.ZodType<string> {
  return textField(maxLength).refine((text) => text !== '', 'error.required');
}
