import { estimateTokens, type MeteredUsage, type TokenUsage } from '../usage/token-usage.rules.ts';

export type ChatEvent =
  /** The provider has taken the request; says nothing about progress. */
  | { type: 'accepted'; requestId: string | undefined }
  | { type: 'text'; text: string }
  /** The provider is at work, without text to show. */
  | { type: 'progress' }
  /** Replaces what was reported before. `isFinal`: nothing is to be added to it. */
  | { type: 'usage'; usage: TokenUsage; isFinal: boolean }
  | { type: 'model'; model: string };

/** What is known of a call so far: enough to settle it at any moment. */
export type ChatMeter = {
  /** Who is asked, or was asked last. */
  target: { provider: string; model: string } | undefined;
  /** As the provider names the model that answers. */
  model: string | undefined;
  requestId: string | undefined;
  firstByteMs: number | undefined;
  outputCharacters: number;
  /** A further attempt begins: nothing of an earlier one is charged. Only the clock runs on. */
  begin(target: { provider: string; model: string }): void;
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
    target: undefined,
    model: undefined,
    requestId: undefined,
    firstByteMs: undefined,
    outputCharacters: 0,
    begin(target) {
      reported = undefined;
      isFinal = false;
      Object.assign(meter, { target, model: undefined, requestId: undefined, firstByteMs: undefined, outputCharacters: 0 });
    },
    note(event) {
      if (event.type === 'accepted') {
        meter.requestId = event.requestId;
        return;
      }
      meter.firstByteMs ??= meter.elapsedMs();
      if (event.type === 'text') meter.outputCharacters += event.text.length;
      else if (event.type === 'model') meter.model = event.model;
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
