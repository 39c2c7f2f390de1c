import { transact, type Db } from '../../db/database.ts';
import type { Vault } from '../../vault.ts';
import { rulesText, type AiSettings } from './ai-settings.rules.ts';
import { listPromptsOutside, replacePrompt } from './ai-settings.store.ts';

// A prompt is kept as `KEYID:BASE64`.
const end = ':';
const afterEnd = ';';
const mostKept = 500;
const opened = new WeakMap<Vault, Map<string, string>>();

/** The text that is kept of a licence's system prompt. */
export function sealPrompt(vault: Vault, licenseId: string, prompt: string): string {
  const { keyId, cipher } = vault.seal(prompt, promptAad(licenseId));
  return `${keyId}${end}${Buffer.from(cipher).toString('base64')}`;
}

/** A licence's system prompt of what is kept of it; opened once for each distinct text. */
export function openPrompt(vault: Vault, licenseId: string, sealed: string): string {
  const prompts = opened.get(vault) ?? new Map<string, string>();
  opened.set(vault, prompts);
  const place = `${licenseId} ${sealed}`;
  let prompt = prompts.get(place);
  if (prompt === undefined) {
    if (prompts.size >= mostKept) prompts.clear();
    const [keyId = '', cipher = ''] = sealed.split(end);
    prompt = vault.open({ keyId, cipher: Buffer.from(cipher, 'base64') }, promptAad(licenseId));
    prompts.set(place, prompt);
  }
  return prompt;
}

/** The rules that stand before every conversation of a licence; empty when there are none. */
export function rulesOf(vault: Vault, licenseId: string, settings: AiSettings): string {
  return rulesText(settings.sealedPrompt === null ? '' : openPrompt(vault, licenseId, settings.sealedPrompt), settings);
}

/** Seals up to `limit` system prompts anew that are under an older encryption key; returns how many there were. */
export function resealPrompts(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const rows = await listPromptsOutside(trx, `${vault.currentKeyId}${end}`, `${vault.currentKeyId}${afterEnd}`, limit);
    for (const { license_id: licenseId, system_prompt: sealed } of rows) {
      if (sealed !== null) await replacePrompt(trx, licenseId, sealed, sealPrompt(vault, licenseId, openPrompt(vault, licenseId, sealed)));
    }
    return rows.length;
  });
}

function promptAad(licenseId: string): string {
  return `license_ai_settings.system_prompt.${licenseId}`;
}
