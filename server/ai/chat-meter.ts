import { estimateTokens, type MeteredUsage, type TokenUsage } from '../usage/token-usage.rules.ts';

/** What a provider does, as far as it matters for metering. */
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
  /** By which the answer is billed; the last one told holds. */
  | { type: 'tier'; serviceTier: string };

/** Who is asked, on whose key, and what it costs. */
export type Answerer = {
  provider: string;
  model: string;
  keySource: 'managed' | 'own';
  /** In micro-cents of a US dollar, with the version of the price table; no version where nothing has to be paid. */
  costOf(usage: MeteredUsage, serviceTier: string | undefined): { microcents: number; version: string | undefined };
};

/** What is known of a call so far: enough to settle it at any moment. */
export type ChatMeter = {
  /** Undefined until somebody is asked. */
  answerer: Answerer | undefined;
  model: string | undefined;
  serviceTier: string | undefined;
  isCached: boolean;
  requestId: string | undefined;
  firstByteMs: number | undefined;
  outputCharacters: number;
  /** Somebody is asked, perhaps because another one failed: what was noted of that one is forgotten. */
  begin(answerer: Answerer): void;
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
  let metered: MeteredUsage | undefined;
  const nothing = { model: undefined, serviceTier: undefined, isCached: false, requestId: undefined, firstByteMs: undefined, outputCharacters: 0 };
  const meter: ChatMeter = {
    answerer: undefined,
    ...nothing,
    begin(answerer) {
      Object.assign(meter, nothing, { answerer });
      reported = undefined;
      isFinal = false;
      metered = undefined;
    },
    note(event) {
      if (event.type === 'accepted') {
        meter.requestId = event.requestId;
        return;
      }
      if (event.type === 'metered') {
        metered = event.usage;
        return;
      }
      meter.firstByteMs ??= meter.elapsedMs();
      if (event.type === 'text') meter.outputCharacters += event.text.length;
      else if (event.type === 'model') meter.model = event.model;
      else if (event.type === 'tier') meter.serviceTier = event.serviceTier;
      else if (event.type === 'usage') {
        reported = event.usage;
        isFinal = event.isFinal;
      }
    },
    elapsedMs: () => Math.round(performance.now() - startedAt),
    usage() {
      if (metered) return metered;
      if (reported && isFinal) return { ...reported, characters: 0, audioMs: 0, isExact: true };
      return {
        input: reported?.input || estimateTokens(inputCharacters()),
        cached: reported?.cached ?? 0,
        cacheWrite: reported?.cacheWrite ?? 0,
        output: Math.max(reported?.output ?? 0, estimateTokens(meter.outputCharacters)),
        reasoning: reported?.reasoning ?? 0,
        characters: 0,
        audioMs: 0,
        isExact: false,
      };
    },
  };
  return meter;
}
