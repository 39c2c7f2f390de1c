import type { Db } from '../../db/database.ts';
import { defaultAiSettings, type AiSettings } from './ai-settings.rules.ts';
import { findSettingsRow, type AiSettingsRow } from './ai-settings.store.ts';

const mostKept = 1_000;
const parsedTopics = new Map<string, string[]>();

/** What the owner of a licence has decided on its AI; the defaults without a decision. One prepared read: it stands on the way of every request. */
export async function findAiSettings(db: Db, licenseId: string): Promise<AiSettings> {
  const row = await findSettingsRow(db, licenseId);
  return row ? settingsOf(row) : defaultAiSettings;
}

/** A row as the settings that it holds. */
export function settingsOf(row: AiSettingsRow): AiSettings {
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
