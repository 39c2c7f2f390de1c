import type { Reply } from '../../http/route.ts';
import { estimateTokens } from '../../usage/token-usage.rules.ts';
import { meterChat } from '../chat-meter.ts';
import { freeCall } from '../metered-call.ts';
import { answering } from './answering.ts';
import { editedBytes } from './attempt.ts';
import { callerOf } from './caller.ts';
import { clientAnswer } from './client-answer.ts';
import { inputCharacters } from './events.rules.ts';
import { passThrough } from './pass-through.ts';
import { queryOf, targetsOf, type Asked, type GatewayDeps } from './serve.ts';

/** Counts the tokens of a request: Anthropic does it for its own models, for others it is an estimate. Costs nothing of the quota. */
export async function countTokens(deps: GatewayDeps, asked: Asked): Promise<Reply> {
  const { protocol: caller, req, res, body, path } = asked;
  const asking = callerOf(res);
  const { license } = asking;
  const [{ upstream, model }] = await targetsOf(deps, body.model, caller, asking);
  const characters = () => inputCharacters([body['system'], body['messages'], body['tools']]);
  if (upstream?.protocol !== caller) return { body: { input_tokens: estimateTokens(characters()) } };
  const client = clientAnswer(res);
  const request = { method: 'POST', path: path + queryOf(req), headers: req.headers, body: editedBytes(req.body as Buffer, body, model) } as const;
  await answering(deps, { protocol: caller, isStream: false, licenseId: license.id, req, res }, client, async (signal) => {
    await freeCall(deps, { signal, isStream: false, title: upstream.face.title }, async (watch) => {
      const last = await passThrough({ upstream, model, caller, passBack: true, watch, meter: meterChat(characters) }, request, client, false);
      client.end(last, deps.config.AI_IDLE_TIMEOUT_MS);
    });
  });
  return undefined;
}
