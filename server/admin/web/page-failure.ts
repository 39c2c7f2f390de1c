import type { Response } from 'express';
import type { Deps } from '../../deps.ts';
import { errorText, type AppError } from '../../errors.ts';
import { toAppError } from '../../http/error-handler.ts';
import { hasText } from './locale.ts';

/** What is to be shown of anything that a page has thrown; internals go to the log alone. Undefined when the answer had begun already: it is cut off. */
export function pageFailure({ log }: Pick<Deps, 'log'>, error: unknown, res: Response): AppError | undefined {
  const failure = toAppError(error);
  if (failure.status >= 500) log.error({ request_id: res.locals['requestId'] as string, code: failure.code, detail: errorText(error), stack: error instanceof Error ? error.stack : undefined }, 'page failed');
  if (res.headersSent) {
    res.destroy();
    return undefined;
  }
  if (failure.retryAfterSeconds !== undefined) res.setHeader('Retry-After', failure.retryAfterSeconds);
  return failure;
}

/** Under which key the texts of a failure stand: of its code, otherwise of its kind (4xx, 5xx); where there are some, those that a site has for itself (`prefix`). */
export function problemKey({ code, status }: Pick<AppError, 'code' | 'status'>, prefix = ''): string {
  const candidates = [code, `${Math.floor(status / 100)}xx`].flatMap((name) => (prefix === '' ? [name] : [`${prefix}${name}`, name]));
  return `problem.${candidates.find((candidate) => hasText(`problem.${candidate}.title`)) ?? '5xx'}`;
}
