import { estimateTokens, type MeteredUsage, type TokenUsage } from '../usage/token-usage.rules.ts';
import type { ChatEvent, FinishReason } from './provider.ts';

/** What is known of a call so far: enough to settle it at any moment. */
export type ChatMeter = {
  model: string | undefined;
  requestId: string | undefined;
  /** Undefined until the provider's own end marker has come. */
  finishReason: FinishReason | undefined;
  firstByteMs: number | undefined;
  outputCharacters: number;
  note(event: ChatEvent): void;
  elapsedMs(): number;
  /** Tokens as reported, or estimated where no final report has come. */
  usage(): MeteredUsage;
};

/** Starts metering a call that is made now. `inputCharacters` is asked only when the input has to be estimated. */
export function meterChat(inputCharacters: () => number): ChatMeter {
  const startedAt = performance.now();
  let reported: TokenUsage | undefined;
  let isFinal = false;
  const meter: ChatMeter = {
    model: undefined,
    requestId: undefined,
    finishReason: undefined,
    firstByteMs: undefined,
    outputCharacters: 0,
    note(event) {
      if (event.type === 'accepted') {
        meter.requestId = event.requestId;
        return;
      }
      meter.firstByteMs ??= meter.elapsedMs();
      if (event.type === 'text') meter.outputCharacters += event.text.length;
      else if (event.type === 'model') meter.model = event.model;
      else if (event.type === 'end') meter.finishReason = event.finishReason;
      else if (event.type === 'usage') {
        reported = event.usage;
        isFinal = event.isFinal;
      }
    },
    elapsedMs: () => Math.round(performance.now() - startedAt),
    usage() {
      if (reported && isFinal) return { ...reported, isExact: true };
      return {
        input: reported?.input || estimateTokens(inputCharacters()),
        cached: reported?.cached ?? 0,
        output: Math.max(reported?.output ?? 0, estimateTokens(meter.outputCharacters)),
        reasoning: reported?.reasoning ?? 0,
        isExact: false,
      };
    },
  };
  return meter;
}
