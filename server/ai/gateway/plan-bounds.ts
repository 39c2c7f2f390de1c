import { AppError } from '../../errors.ts';
import type { AiTerms } from '../../usage/ai-terms.ts';
import { estimateTokens } from '../../usage/token-usage.rules.ts';
import { inputCharacters } from './events.rules.ts';
import type { Json } from './loose.rules.ts';
import { boundsOf, type RequestBounds } from './request-bounds.rules.ts';

/** The most that a request can take on the terms of its licence. Throws CONTEXT_TOO_LONG for an input that is larger than the plan allows, by estimate. */
export function planBounds(request: Json, { limits, maxInputTokens, maxOutputTokens }: AiTerms): RequestBounds {
  if (maxInputTokens !== undefined) {
    const tokens = estimateTokens(textOfRequest(request));
    if (tokens > maxInputTokens) throw new AppError('CONTEXT_TOO_LONG', `The input has about ${tokens} tokens; the plan of this licence allows ${maxInputTokens}. Send fewer or shorter messages.`, { field: 'body.messages' });
  }
  return boundsOf(request, maxOutputTokens, limits);
}

/** How many characters of text a request of any endpoint holds. */
export function textOfRequest(request: Json): number {
  return inputCharacters([request['messages'], request['system'], request['tools'], request['input']]);
}
