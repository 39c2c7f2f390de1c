import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { parseSetting, settingNames, settingText, type Config, type SettingName } from '../config.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { readStoredSettings, writeSetting } from './settings.store.ts';
import { forgetSettings } from './with-settings.ts';

/** A setting as people see it. `text`: what holds now; `isGiven`: the environment says so, and it cannot be changed here. */
export type Setting = { name: SettingName; text: string; defaultText: string; isGiven: boolean; isStored: boolean };

/** Every setting with where its value comes from. */
export async function listSettings({ db, config }: Pick<Deps, 'db' | 'config'>): Promise<Setting[]> {
  const stored = await readStoredSettings(db);
  return settingNames.map((name) => describe(config, stored, name));
}

/** The setting of this name. Throws NOT_FOUND. */
export async function getSetting({ db, config }: Pick<Deps, 'db' | 'config'>, name: string): Promise<Setting> {
  const known = settingNames.find((candidate) => candidate === name);
  if (!known) throw new AppError('NOT_FOUND', `There is no setting "${name}"; the settings are ${settingNames.join(', ')}.`, { field: 'path.id' });
  return describe(config, await readStoredSettings(db), known);
}

/** Why a text cannot be the value of a setting, as a sentence without a subject; undefined when it can. */
export function problemOf(config: Config, name: SettingName, text: string): string | undefined {
  const parsed = parseSetting(config, name, text);
  return 'problem' in parsed ? parsed.problem : undefined;
}

/**
 * Sets settings by their texts, which are those of the variables of the same names; an empty text brings the default back. All or nothing;
 * it holds at once here, and within five seconds in other processes. Throws NOT_FOUND, INVALID_REQUEST, and CONFLICT for one that the environment gives.
 */
export async function changeSettings({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, changes: Record<string, string>, by: Actor): Promise<void> {
  const at = now();
  await transact(db, async (trx) => {
    const [before, after]: Record<string, string>[] = [{}, {}];
    for (const [name, entered] of Object.entries(changes)) {
      const setting = await getSetting({ db: trx, config }, name);
      const parsed = parseSetting(config, setting.name, entered);
      const text = 'value' in parsed ? settingText(parsed.value) : entered;
      if (setting.isGiven && text === setting.text) continue;
      if (setting.isGiven) throw new AppError('CONFLICT', `${name} is set by the environment, which wins. Change it there and start the server again.`, { field: name });
      if ('problem' in parsed) throw new AppError('INVALID_REQUEST', `${name}: ${parsed.problem}`, { field: name });
      if (text === setting.text && (setting.isStored || text === setting.defaultText)) continue;
      const isDefault = text === setting.defaultText;
      await writeSetting(trx, name, isDefault ? null : text, at);
      Object.assign(before ?? {}, { [name]: setting.text });
      Object.assign(after ?? {}, { [name]: isDefault ? setting.defaultText : text });
    }
    if (Object.keys(after ?? {}).length > 0) await recordAudit(trx, by, { action: 'settings.changed', entity: 'settings', entityId: 'settings', before, after }, at);
  });
  forgetSettings();
}

function describe(config: Config, stored: Map<string, string>, name: SettingName): Setting {
  const isGiven = config.given.has(name);
  const text = stored.get(name);
  const kept = isGiven || text === undefined ? undefined : parseSetting(config, name, text);
  const isStored = kept !== undefined && 'value' in kept;
  const byDefault = parseSetting(config, name, '');
  const defaultText = 'value' in byDefault ? settingText(byDefault.value) : '';
  return { name, text: isGiven ? settingText(config[name]) : isStored ? settingText(kept.value) : defaultText, defaultText, isGiven, isStored };
}
