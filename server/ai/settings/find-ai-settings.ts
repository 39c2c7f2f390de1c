import type { Db } from '../../db/database.ts';
import type { aiTermsOf } from '../../usage/ai-terms.ts';
import { defaultAiSettings, type AiSettings } from './ai-settings.rules.ts';
import { findSettingsRow } from './ai-settings.store.ts';

/** What is stored of an owner's decisions. */
type OwnersColumns = Awaited<ReturnType<typeof aiTermsOf>>['owners'];

const mostKept = 1_000;
const parsedTopics = new Map<string, string[]>();

/** What the owner of a licence has decided on its AI; the defaults without a decision. */
export async function findAiSettings(db: Db, licenseId: string): Promise<AiSettings> {
  const row = await findSettingsRow(db, licenseId);
  return row ? settingsOf(row) : defaultAiSettings;
}

/** The columns of a decision as the settings that they hold; the defaults where they are null. */
export function settingsOf(row: OwnersColumns): AiSettings {
  if (row.cache_seconds === null) return defaultAiSettings;
  return {
    pausedAt: row.paused_at,
    monthlyBudgetMicrocents: row.monthly_budget_microcents,
    sealedPrompt: row.system_prompt,
    allowedTopics: topicsOf(row.allowed_topics),
    blockedTopics: topicsOf(row.blocked_topics),
    maxInputCharacters: row.max_input_characters,
    isModerated: row.is_moderated === 1,
    cacheSeconds: row.cache_seconds,
  };
}

/** A list of topics, parsed once for each distinct text. */
function topicsOf(text: string | null): string[] {
  if (text === null) return [];
  let topics = parsedTopics.get(text);
  if (!topics) {
    if (parsedTopics.size >= mostKept) parsedTopics.clear();
    topics = JSON.parse(text) as string[];
    parsedTopics.set(text, topics);
  }
  return topics;
}
