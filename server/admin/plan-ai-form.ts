import { dollarsOf, microcentsOf } from '../usage/dollars.rules.ts';
import { quotaScopes, quotasSchema, quotaUnits, unlimited, type Quotas, type QuotaScope, type QuotaUnit } from '../usage/limits.rules.ts';
import { quotaWindows, type QuotaWindow } from '../usage/period.rules.ts';

const longestList = 200;

/** The name of a field of the form of limits. */
export function limitField(scope: QuotaScope, window: QuotaWindow, unit: QuotaUnit): string {
  return `quota.${scope}.${window}.${unit}`;
}

/** Limits as they are typed: cost in dollars. */
export function limitFields(quotas: Quotas): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const scope of quotaScopes) {
    for (const window of quotaWindows) {
      for (const unit of quotaUnits) {
        const amount = quotas[scope]?.[window]?.[unit];
        if (amount !== undefined) fields[limitField(scope, window, unit)] = unit === 'cost' ? dollarsOf(amount) : String(amount);
      }
    }
  }
  return fields;
}

/** Reads the typed limits; an empty field is no limit. `problems` has the key of a text for each field that cannot be read. */
export function limitsFromFields(fields: Record<string, string>): { quotas: Quotas; problems: Record<string, string> } {
  const quotas: Record<string, Record<string, Record<string, number>>> = {};
  const problems: Record<string, string> = {};
  for (const scope of quotaScopes) {
    for (const window of quotaWindows) {
      for (const unit of quotaUnits) {
        const name = limitField(scope, window, unit);
        const text = (fields[name] ?? '').trim();
        if (text === '') continue;
        const amount = unit === 'cost' ? microcentsOf(text) : /^\d{1,15}$/.test(text) ? Number(text) : undefined;
        if (amount === undefined || amount > unlimited) problems[name] = unit === 'cost' ? 'error.dollars' : 'error.whole_number';
        else ((quotas[scope] ??= {})[window] ??= {})[unit] = amount;
      }
    }
  }
  return { quotas: quotasSchema.parse(quotas), problems };
}

/** Names of models, each on a line of its own or with commas between. Undefined: one of them cannot be a name. */
export function modelList(text: string): string[] | undefined {
  const names = [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))];
  return names.length <= longestList && names.every((name) => /^[\x21-\x7e]{1,160}$/.test(name) && !name.slice(0, -1).includes('*')) ? names : undefined;
}
