import type { TokenUsage } from '../../usage/token-usage.rules.ts';
import type { Json } from './loose.rules.ts';

/** Whose requests, answers and errors: OpenAI's chat completions (DeepSeek and many others speak them too) or Anthropic's messages. */
export type Protocol = 'openai' | 'anthropic';

/** What one event of a stream, or a whole answer, says that matters for metering. */
export type WireFacts = {
  /** The event or answer itself, where it could be read. */
  json: Json | undefined;
  /** All that the model has put out here: text, thoughts, arguments of tools. */
  output: string;
  model: string | undefined;
  /** By which the answer is billed, as the provider names it. */
  serviceTier: string | undefined;
  /** Replaces what was reported before. `isFinal`: nothing is to be added to it. */
  usage: { tokens: TokenUsage; isFinal: boolean } | undefined;
  /** Keep-alives are none. */
  isProgress: boolean;
  /** Carries nothing but the usage. */
  isUsageOnly: boolean;
  /** The protocol's own end marker. */
  isEnd: boolean;
  error: { type: string; message: string } | undefined;
};

/** Facts of something that says nothing. */
export const noFacts: WireFacts = { json: undefined, output: '', model: undefined, serviceTier: undefined, usage: undefined, isProgress: false, isUsageOnly: false, isEnd: false, error: undefined };

/** One server-sent event. */
export type SseEvent = { event: string | undefined; data: string | undefined };
/** Reads the events of one stream, in their order. Throws SyntaxError for data that is not JSON. */
export type WireReader = (event: SseEvent) => WireFacts;
