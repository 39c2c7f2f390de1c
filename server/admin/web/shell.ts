import type { ErrorRequestHandler, Request, Response } from 'express';
import { may, type Permission } from '../../access/access.rules.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { version } from '../../version.ts';
import { databaseHandles } from '../../db/database.ts';
import { countJobs } from '../../jobs/count-jobs.ts';
import { csrfTokenFor } from './csrf.ts';
import { readCookie } from './cookies.ts';
import { localeOf, translator } from './locale.ts';
import { navigationAt } from './navigation.ts';
import { pageFailure, problemKey } from './page-failure.ts';
import { mountOf, underBase } from './mount.ts';
import { sessionOf, stageOf } from './session-of.ts';
import type { Render } from './views.ts';

/** What every page is framed with. `permissions`: what the pages to show ask for, by path. */
export type Shell = { deps: Deps; render: Render; permissions: ReadonlyMap<string, Permission | undefined> };

type View = { view: string; title: string; data?: Record<string, unknown>; status?: number };

/** Renders a page within the frame that fits: the whole dashboard, or the bare one before the login. */
export async function sendPage(shell: Shell, req: Request, res: Response, view: View): Promise<void> {
  const isWhole = stageOf(res) === 'whole';
  const isOwn = mountOf(res).door === 'dashboard';
  sendView(shell, req, res, view, isWhole ? (isOwn ? { system: await systemStrip(shell.deps) } : {}) : undefined);
}

function sendView({ deps, render, permissions }: Shell, req: Request, res: Response, { view, title, data = {}, status = 200 }: View, frame: { system?: unknown } | undefined): void {
  const locale = localeOf(req);
  const session = sessionOf(res);
  const theme = readCookie(req, 'chatello_theme');
  const role = session?.user.role;
  const mount = mountOf(res);
  const isOpen = (href: string) => {
    const permission = permissions.get(href);
    return role !== undefined && permissions.has(href) && (permission === undefined || may(role, permission));
  };
  const html = render(frame ? 'dashboard' : 'bare', view, locale, {
    ...data,
    ...frame,
    title,
    locale,
    otherLocale: locale === 'en' ? 'it' : 'en',
    theme: theme === 'dark' || theme === 'light' ? theme : 'auto',
    nonce: res.locals['nonce'],
    csrf: csrfTokenFor(req, res, deps.vault),
    path: req.method === 'GET' ? req.url : '/',
    user: session && { email: session.user.email, name: session.user.name, isBuyer: session.user.id === undefined },
    canSearch: isOpen('/search'),
    canSignOut: session?.awaitsCode === false,
    role,
    door: mount.door,
    navigation: navigationAt(req.path, isOpen),
    now: deps.now(),
    version,
  });
  res.status(status).type('html').send(underBase(html, mount));
}

/** Version, database and queue, at the foot of every page. */
async function systemStrip({ db }: Deps): Promise<Record<string, unknown>> {
  return { version, engine: databaseHandles(db).engine === 'sqlite' ? 'SQLite' : 'MariaDB', ...(await countJobs(db)) };
}

/** Shows anything thrown as a page. */
export function errorPage(shell: Shell): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const failure = pageFailure(shell.deps, error, res);
    if (!failure) return;
    const { status, code } = failure;
    const requestId = res.locals['requestId'] as string;
    const t = translator(localeOf(req));
    const key = problemKey(failure);
    const isWhole = stageOf(res) === 'whole';
    const text = code === 'MISDIRECTED' ? t(`${key}.text`, { port: req.socket.localPort }) : t(`${key}.text`);
    sendView(shell, req, res, { view: 'error', title: t(`${key}.title`), status, data: { status, code, text, requestId, isBusy: code === 'BUSY' } }, isWhole ? {} : undefined);
  };
}

export function pageNotFound(): never {
  throw new AppError('NOT_FOUND', 'There is no such page.');
}
