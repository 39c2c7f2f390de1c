import type { MeteredUsage, TokenUsage } from '../usage/token-usage.rules.ts';

export const providerNames = ['openai', 'anthropic', 'deepseek', 'openai-compatible', 'demo'] as const;
export type ProviderName = (typeof providerNames)[number];

export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string };
/** A chat in terms that every provider understands. `temperature` runs from 0 to 2, `maxTokens` counts output. */
export type ProviderRequest = { model: string; messages: ChatMessage[]; temperature: number | undefined; maxTokens: number | undefined; stream: boolean };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export type ChatEvent =
  /** The provider has taken the request; says nothing about progress. */
  | { type: 'accepted'; requestId: string | undefined }
  | { type: 'text'; text: string }
  /** The provider is at work, without text to show. */
  | { type: 'progress' }
  /** Replaces what was reported before. `isFinal`: nothing is to be added to it. */
  | { type: 'usage'; usage: TokenUsage; isFinal: boolean }
  /** What is metered in other units too. Replaces whatever was reported before; says nothing about progress. */
  | { type: 'metered'; usage: MeteredUsage }
  | { type: 'model'; model: string }
  /** The provider's own end marker. A sequence without it is truncated. */
  | { type: 'end'; finishReason: FinishReason };

export type Provider = {
  name: ProviderName;
  /** For people. */
  title: string;
  /** The model that answers when the client names none. */
  defaultModel: string | undefined;
  /** The environment variable that names the default model. */
  modelVariable: string;
  /** One call to the provider, never repeated. Ends early and silently when the signal aborts; throws AppError for what the provider or the way to it does wrong. */
  chat: (request: ProviderRequest, signal: AbortSignal) => AsyncIterable<ChatEvent>;
};
