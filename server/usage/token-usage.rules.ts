/** Tokens of one request. `input` includes `cached` (read from the provider's cache) and `cacheWrite` (written to it), `output` includes `reasoning`. */
export type TokenUsage = { input: number; cached: number; cacheWrite: number; output: number; reasoning: number };
/** What a request used: tokens, or characters of text to be spoken, or milliseconds of audio. `isExact`: as the provider reported it; otherwise estimated, or corrected because the report made no sense. */
export type MeteredUsage = TokenUsage & { characters: number; audioMs: number; isExact: boolean };

export const noTokens: MeteredUsage = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0, characters: 0, audioMs: 0, isExact: false };

const absurd = 100_000_000;
const charactersPerToken = 4;

/** About how many tokens a text of this many characters is: rounded up, so that nothing counts as free. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** Brings a provider's report into sane bounds: whole numbers, not negative, parts not larger than the whole. A report that had to be corrected is not exact. */
export function saneUsage(reported: MeteredUsage): MeteredUsage {
  const input = bounded(reported.input);
  const output = bounded(reported.output);
  const cached = Math.min(bounded(reported.cached), input);
  const sane = {
    input,
    cached,
    cacheWrite: Math.min(bounded(reported.cacheWrite), input - cached),
    output,
    reasoning: Math.min(bounded(reported.reasoning), output),
    characters: bounded(reported.characters),
    audioMs: bounded(reported.audioMs),
  };
  const unchanged = Object.entries(sane).every(([part, value]) => value === reported[part as keyof typeof sane]);
  return { ...sane, isExact: reported.isExact && unchanged };
}

function bounded(amount: number): number {
  return Number.isFinite(amount) ? Math.min(Math.max(0, Math.round(amount)), absurd) : 0;
}
