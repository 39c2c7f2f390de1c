import { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';

/** How anybody may be refused who asks for AI answers. */
export const callerRefusals: ErrorCode[] = ['UNAUTHENTICATED', 'LICENSE_INVALID', 'LICENSE_REFUSED', 'PLAN_WITHOUT_AI', 'AI_PAUSED', 'FORBIDDEN'];
/** The same where visitors may ask too. */
export const visitorRefusals: ErrorCode[] = [...callerRefusals.filter((code) => code !== 'FORBIDDEN'), 'VISITOR_TOKEN_INVALID', 'VISITOR_TOKEN_EXPIRED', 'VISITOR_TOKEN_FOREIGN_ORIGIN', 'VISITOR_TOKEN_REPLAYED', 'VISITOR_TOKEN_USED_UP'];
/** How a question to a model may be refused or fail. */
export const answerRefusals: ErrorCode[] = [
  'MODEL_UNKNOWN', 'MODEL_NOT_ALLOWED', 'MODEL_WITHOUT_PRICE', 'CONTEXT_TOO_LONG', 'CONTENT_REFUSED', 'MODERATION_UNAVAILABLE', 'QUOTA_EXHAUSTED',
  'PROVIDER_REJECTED', 'PROVIDER_KEY_REFUSED', 'PROVIDER_UNAVAILABLE', 'PROVIDER_FAILED', 'PROVIDER_TIMEOUT',
];

/** The content type of an answer that may come as events; `events` says what they hold. */
export function asEvents(events: string): Record<string, z.ZodType> {
  return { 'text/event-stream': z.string().meta({ description: events }) };
}
