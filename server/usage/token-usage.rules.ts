/** Tokens of one request. `input` includes `cached`, `output` includes `reasoning`. */
export type TokenUsage = { input: number; cached: number; output: number; reasoning: number };
/** `isExact`: as the provider reported it; otherwise estimated, or corrected because the report made no sense. */
export type MeteredUsage = TokenUsage & { isExact: boolean };

export const noTokens: MeteredUsage = { input: 0, cached: 0, output: 0, reasoning: 0, isExact: false };

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
  const sane = { input, cached: Math.min(bounded(reported.cached), input), output, reasoning: Math.min(bounded(reported.reasoning), output) };
  const unchanged = (['input', 'cached', 'output', 'reasoning'] as const).every((part) => sane[part] === reported[part]);
  return { ...sane, isExact: reported.isExact && unchanged };
}

function bounded(tokens: number): number {
  return Number.isFinite(tokens) ? Math.min(Math.max(0, Math.round(tokens)), absurd) : 0;
}
