import { parseSetting, settingNames, type Config } from '../config.ts';
import type { Deps } from '../deps.ts';
import { readStoredSettings } from './settings.store.ts';

/** How long another process may go on with what it has read. */
const keptMs = 5_000;

const read = new WeakMap<Config, { at: number; generation: number; config: Config }>();
let generation = 0;

/** Has every process forget what it has read: this one at once, others within five seconds. */
export function forgetSettings(): void {
  generation += 1;
}

/**
 * The same dependencies with a configuration in which the settings hold that were made at run time. What the environment gives wins, and a stored
 * text that this version cannot read counts as not there.
 */
export async function withSettings<Given extends Pick<Deps, 'db' | 'config' | 'now'>>(deps: Given): Promise<Given> {
  const { config, db, now } = deps;
  const known = read.get(config);
  if (known && known.generation === generation && Math.abs(now() - known.at) < keptMs) return { ...deps, config: known.config };
  const begun = generation;
  const stored = await readStoredSettings(db);
  const changes: Record<string, unknown> = {};
  for (const name of settingNames) {
    const text = stored.get(name);
    if (text === undefined || config.given.has(name)) continue;
    const parsed = parseSetting(config, name, text);
    if ('value' in parsed) changes[name] = parsed.value;
  }
  const effective = { ...config, ...changes };
  // What is read inside a transaction may be rolled back.
  if (!db.isTransaction) read.set(config, { at: now(), generation: begun, config: effective });
  return { ...deps, config: effective };
}
