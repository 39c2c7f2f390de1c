import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { errorText } from '../../errors.ts';
import { errorAnswer } from '../../http/error-handler.ts';
import { routePath } from '../../http/request.ts';
import { clientSignal } from '../../http/sse.ts';
import { ClientLeft } from '../watch.ts';
import type { ClientAnswer } from './client-answer.ts';
import { encodeEvents } from './events.rules.ts';
import { PassedBack } from './upstream-errors.ts';
import type { Protocol } from './wire.rules.ts';

/** Whom the answer goes to. */
export type Asker = { protocol: Protocol; isStream: boolean; licenseId: string; req: Request; res: Response };

/** Does the work of an answer and tells the client of its failure: with a status of its own before the first byte, with an error event after it. `signal` aborts when the client leaves. */
export async function answering({ config, log }: Pick<Deps, 'config' | 'log'>, { protocol, isStream, licenseId, req, res }: Asker, client: ClientAnswer, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = clientSignal(res);
  const requestId = res.locals['requestId'] as string;
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted || error instanceof ClientLeft) {
      // Nobody is there to be told.
      if (!(error instanceof ClientLeft)) log.error({ request_id: requestId, license_id: licenseId, detail: errorText(error) }, 'a call failed after its client had left');
      res.destroy();
    } else if (error instanceof PassedBack) {
      log.info({ request_id: requestId, method: req.method, route: routePath(req), status: error.answer.status, code: error.code }, 'a provider refused a request');
      client.head(error.answer.status, error.answer.headers);
      client.end(error.answer.bytes, config.AI_IDLE_TIMEOUT_MS);
    } else if (!client.hasBegun()) throw error;
    else {
      const told = errorAnswer(log, error, req, requestId).body;
      if (isStream) client.end(encodeEvents(protocol, [told]), config.AI_IDLE_TIMEOUT_MS);
      else res.destroy();
    }
  }
}
