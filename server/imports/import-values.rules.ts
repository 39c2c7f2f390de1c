/** What a word of another system says of a licence. `expired` is no status of ours: the end of the licence says it. */
export const importedStatuses = ['active', 'suspended', 'cancelled', 'pending', 'expired'] as const;
export type ImportedStatus = (typeof importedStatuses)[number];

const words: Record<ImportedStatus, string[]> = {
  // `inactive` in EDD and Lemon Squeezy: bought, and not activated on any site yet.
  active: ['', 'active', 'inactive', 'valid', 'enabled', 'publish', 'published', 'delivered', 'sold', 'expiring', 'trial', 'trialing', 'on_trial', 'past_due', 'completed', 'processing', 'attiva', 'attivo', '1', 'true', 'yes'],
  suspended: ['suspended', 'disabled', 'blocked', 'paused', 'on-hold', 'on hold', 'onhold', 'unpaid', 'sospesa', 'sospeso', '0', 'false', 'no'],
  cancelled: ['cancelled', 'canceled', 'revoked', 'refunded', 'banned', 'annullata', 'annullato', 'rimborsata'],
  pending: ['pending', 'draft', 'in attesa'],
  expired: ['expired', 'scaduta', 'scaduto'],
};

/** A value as it is compared. */
export function plainValue(value: string): string {
  return value.normalize('NFKC').trim().toLowerCase();
}

/** The status that a word most likely means. */
export function guessStatus(value: string): ImportedStatus | undefined {
  const plain = plainValue(value);
  return importedStatuses.find((status) => words[status].includes(plain));
}

const never = new Set(['', '0', '-', 'lifetime', 'never', 'unlimited', 'perpetual', 'none', 'null', 'n/a', '∞', '0000-00-00', '0000-00-00 00:00:00', 'mai', 'illimitata', 'a vita']);
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayMs = 24 * 60 * 60 * 1000;
const earliest = Date.UTC(1990, 0);
const latest = Date.UTC(2200, 0);

/** Whether a value of an expiry says that there is none. */
export function isNever(value: string): boolean {
  return never.has(plainValue(value));
}

/**
 * A moment as other systems write it: ISO, `2027-01-31 10:00:00` (UTC), seconds or milliseconds since 1970, `31/01/2027` or `01/31/2027`
 * by `isDayFirst`, `31 January 2027` and `January 31, 2027`. A day without a time is its beginning in UTC, or with `end` its end.
 */
export function parseMoment(value: string, { isDayFirst, end = false }: { isDayFirst: boolean; end?: boolean }): number | undefined {
  const moment = momentOf(value.normalize('NFKC').trim(), isDayFirst);
  if (!moment) return undefined;
  const at = moment.isDay && end ? moment.at + dayMs : moment.at;
  return at >= earliest && at <= latest ? at : undefined;
}

function momentOf(text: string, isDayFirst: boolean): { at: number; isDay: boolean } | undefined {
  if (/^\d{9,10}$/.test(text)) return { at: Number(text) * 1000, isDay: false };
  if (/^\d{12,13}$/.test(text)) return { at: Number(text), isDay: false };
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(.*)$/.exec(text);
  if (iso) return composed(iso[1], iso[2], iso[3], iso[4] ?? '');
  const numbers = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)$/.exec(text);
  if (numbers) return isDayFirst ? composed(numbers[3], numbers[2], numbers[1], numbers[4] ?? '') : composed(numbers[3], numbers[1], numbers[2], numbers[4] ?? '');
  const dayName = /^(\d{1,2})\.? ([a-z]{3})[a-z]*\.?,? (\d{4})(.*)$/i.exec(text);
  if (dayName) return composed(dayName[3], monthOf(dayName[2]), dayName[1], dayName[4] ?? '');
  const nameDay = /^([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(.*)$/i.exec(text);
  return nameDay ? composed(nameDay[3], monthOf(nameDay[1]), nameDay[2], nameDay[4] ?? '') : undefined;
}

function monthOf(name = ''): string {
  return String(months.indexOf(name.toLowerCase()) + 1);
}

const clock = /^(?:T|,? (?:at )?)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)? ?(am|pm)? ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i;

function composed(year = '', month = '', day = '', rest: string): { at: number; isDay: boolean } | undefined {
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const date = new Date(at);
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (rest.trim() === '') return { at, isDay: true };
  const [isClock, hours = '', minutes = '', seconds = '0', half, zone = 'Z'] = clock.exec(rest.trim()) ?? [];
  if (isClock === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  const shift = offset ? (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  return { at: at + ((hour * 60 + Number(minutes) - shift) * 60 + Number(seconds)) * 1000, isDay: false };
}

/** As many as nobody has. */
export const unlimitedSites = 9_999;

/** A number of sites: null when nothing is said, `unlimitedSites` for 0 and words for it; undefined for what is no number. */
export function parseSiteLimit(value: string): number | null | undefined {
  const plain = plainValue(value);
  if (plain === '' || plain === 'null') return null;
  if (['0', '-1', 'unlimited', '∞', 'illimitati', 'illimitato', 'no limit'].includes(plain)) return unlimitedSites;
  return /^\d{1,5}(\.0+)?$/.test(plain) && Number(plain) <= unlimitedSites ? Number(plain) : undefined;
}

/** The addresses in a cell: one, or several between commas, semicolons, bars, spaces and line breaks, also as a JSON list. */
export function splitSites(value: string): string[] {
  return value.replace(/[[\]"']/g, ' ').split(/[\s,;|]+/).filter((part) => part !== '');
}
