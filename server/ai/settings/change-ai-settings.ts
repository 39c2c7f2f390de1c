import { recordAudit, type Actor } from '../../audit/record-audit.ts';
import type { Db } from '../../db/database.ts';
import type { Vault } from '../../vault.ts';
import { dollarsOf } from '../../usage/dollars.rules.ts';
import { findSettingsRow, insertSettings, updateSettings, type AiSettingsRow } from './ai-settings.store.ts';
import { openPrompt, sealPrompt } from './seal-prompt.ts';

/** What is to be different; what is absent stays. Money in micro-cents of a US dollar. */
export type AiSettingsChange = {
  isPaused?: boolean | undefined;
  monthlyBudgetMicrocents?: number | null | undefined;
  systemPrompt?: string | null | undefined;
  allowedTopics?: string[] | undefined;
  blockedTopics?: string[] | undefined;
  maxInputCharacters?: number | null | undefined;
  isModerated?: boolean | undefined;
  cacheSeconds?: number | undefined;
};

/** Changes what the owner of a licence has decided, in the transaction that it is given. The audit log says that the prompt changed, never what it is. */
export async function changeAiSettings(db: Db, vault: Vault, licenseId: string, change: AiSettingsChange, by: Actor, now: number): Promise<AiSettingsRow> {
  const before = (await findSettingsRow(db, licenseId)) ?? (await firstRow(db, licenseId, now));
  const oldPrompt = before.system_prompt === null ? null : openPrompt(vault, licenseId, before.system_prompt);
  const isPromptNew = change.systemPrompt !== undefined && change.systemPrompt !== oldPrompt;
  const changes: Partial<AiSettingsRow> = present({
    paused_at: change.isPaused === undefined ? undefined : change.isPaused ? (before.paused_at ?? now) : null,
    monthly_budget_microcents: change.monthlyBudgetMicrocents,
    system_prompt: !isPromptNew ? undefined : change.systemPrompt === null ? null : sealPrompt(vault, licenseId, change.systemPrompt ?? ''),
    allowed_topics: topicsColumn(change.allowedTopics),
    blocked_topics: topicsColumn(change.blockedTopics),
    max_input_characters: change.maxInputCharacters,
    is_moderated: change.isModerated === undefined ? undefined : Number(change.isModerated),
    cache_seconds: change.cacheSeconds,
  });
  const changed = Object.keys(changes).filter((key) => changes[key as keyof AiSettingsRow] !== before[key as keyof AiSettingsRow]);
  if (changed.length === 0) return before;
  const after = { ...before, ...changes, updated_at: now };
  await updateSettings(db, licenseId, { ...changes, updated_at: now });
  const pauses = changed.includes('paused_at');
  if (pauses) await recordAudit(db, by, { action: after.paused_at === null ? 'license.ai_resumed' : 'license.ai_paused', entity: 'license', entityId: licenseId }, now);
  if (changed.length > (pauses ? 1 : 0)) await recordAudit(db, by, { action: 'license.ai_changed', entity: 'license', entityId: licenseId, before: shown(before, changed), after: { ...shown(after, changed), ...(isPromptNew ? { system_prompt: change.systemPrompt === null ? 'removed' : 'changed' } : {}) } }, now);
  return after;
}

async function firstRow(db: Db, licenseId: string, now: number): Promise<AiSettingsRow> {
  const row: AiSettingsRow = { license_id: licenseId, paused_at: null, monthly_budget_microcents: null, system_prompt: null, allowed_topics: null, blocked_topics: null, max_input_characters: null, is_moderated: 0, cache_seconds: 0, created_at: now, updated_at: now };
  if (await insertSettings(db, row)) return row;
  const found = await findSettingsRow(db, licenseId);
  if (!found) throw new Error('the AI settings of a licence vanished within a transaction');
  return found;
}

function topicsColumn(topics: string[] | undefined): string | null | undefined {
  if (topics === undefined) return undefined;
  return topics.length === 0 ? null : JSON.stringify(topics);
}

function present<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };
}

/** Without the prompt, and without the pause, which has a line of its own. */
function shown(row: AiSettingsRow, changed: string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {
    monthly_budget_microcents: row.monthly_budget_microcents === null ? null : dollarsOf(row.monthly_budget_microcents),
    allowed_topics: JSON.parse(row.allowed_topics ?? '[]') as unknown,
    blocked_topics: JSON.parse(row.blocked_topics ?? '[]') as unknown,
    max_input_characters: row.max_input_characters,
    is_moderated: row.is_moderated === 1,
    cache_seconds: row.cache_seconds,
  };
  return Object.fromEntries(changed.filter((key) => key in values).map((key) => [key.replace('_microcents', ''), values[key]]));
}
