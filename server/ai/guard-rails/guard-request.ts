import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { Caller } from '../gateway/caller.ts';
import { lastQuestion } from '../gateway/demo.rules.ts';
import { textOf, type Json } from '../gateway/loose.rules.ts';
import { textOfRequest } from '../gateway/plan-bounds.ts';
import type { Protocol } from '../gateway/wire.rules.ts';
import { rulesOf } from '../settings/seal-prompt.ts';
import { visitorFault } from '../visitors/visitor-request.rules.ts';
import { addRules, type ChatRequest } from './add-rules.ts';
import { moderate } from './moderate.ts';

type GuardDeps = Pick<Deps, 'config' | 'log' | 'vault'>;

/**
 * A request within the bounds that the owner of the licence has set, with the owner's rules in front. What a visitor sends is written anew:
 * a key that stands there twice must not say one thing here and another to the provider.
 * Throws INVALID_REQUEST for what is not for visitors, CONTEXT_TOO_LONG, CONTENT_REFUSED and MODERATION_UNAVAILABLE: before the quota is touched.
 */
export async function guardRequest(deps: GuardDeps, caller: Caller, protocol: Protocol, request: ChatRequest, signal: AbortSignal): Promise<ChatRequest> {
  const { license, settings, visitor, sitePrompt } = caller;
  const fault = visitor === null ? undefined : visitorFault(request.body);
  if (fault) throw new AppError('INVALID_REQUEST', fault.message, { field: fault.field });
  refuseTooLong(request.body, settings.maxInputCharacters);
  // Texts to embed are no conversation.
  if (request.body['messages'] === undefined) return request;
  if (settings.isModerated) await moderate(deps, { licenseId: license.id, visitor, model: textOf(request.body['model']), input: lastQuestion(request.body) }, signal);
  const own = visitor === null ? request : { body: request.body, bytes: Buffer.from(JSON.stringify(request.body)) };
  const rules = [rulesOf(deps.vault, license.id, settings), sitePrompt ?? ''].filter((text) => text !== '').join('\n\n');
  return rules === '' ? own : addRules(protocol, own, rules);
}

/** Throws CONTEXT_TOO_LONG, with the limit, for more characters of text than the owner of the licence allows. */
export function refuseTooLong(body: Json, most: number | null): void {
  if (most === null) return;
  const characters = textOfRequest(body);
  if (characters > most) throw new AppError('CONTEXT_TOO_LONG', `The request has ${characters} characters of text; the owner of this licence allows ${most}. Ask a shorter question, or begin a new conversation.`, { field: 'body.messages' });
}
