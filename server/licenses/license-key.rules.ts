/** Crockford's base 32: no I, L, O, U, so that nobody has to ask which letter it is. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const prefix = 'CHA';
const randomSymbols = 15;
/** No canonical key begins with it. */
const foreignMark = '~';
const asPrinted = /^CHA(?:-[0-9A-HJKMNP-TV-Z]{4}){4}$/;

/** A new key, `CHA-XXXX-XXXX-XXXX-XXXX`: 75 random bits and a check character. `randomBytes` must be cryptographically strong. */
export function generateLicenseKey(randomBytes: (count: number) => Uint8Array): string {
  const symbols = Array.from(randomBytes(randomSymbols), (byte) => alphabet.charAt(byte & 31)).join('');
  return formatLicenseKey(prefix + symbols + checkCharacter(symbols));
}

/**
 * The one spelling of a key under which it is looked up: upper case, without spaces, punctuation and invisible characters, and letters
 * that look like digits read as those digits. Undefined when it cannot be a key: not `CHA`, or neither 16 nor (historic) 32 characters after it.
 */
export function canonicalLicenseKey(input: string): string | undefined {
  if (asPrinted.test(input)) return input.replaceAll('-', '');
  const text = input.normalize('NFKC').toUpperCase().replace(/[\s\p{P}\p{Cf}]/gu, '');
  if (!/^CHA[0-9A-Z]+$/.test(text)) return undefined;
  const rest = text.slice(prefix.length).replace(/O/g, '0').replace(/[IL]/g, '1');
  return rest.length === 16 || rest.length === 32 ? prefix + rest : undefined;
}

const longestForeignKey = 200;
const shortestForeignKey = 8;

/**
 * The spelling under which a key of any form is looked up: canonicalLicenseKey, or for a key of another system the same without case,
 * spaces and invisible characters, behind a mark that keeps the two apart. Punctuation counts there, and no letter is read as a digit:
 * what the key of another system looks like is not ours to say. Undefined for what can be neither.
 */
export function lookupKey(input: string): string | undefined {
  const canonical = canonicalLicenseKey(input);
  if (canonical !== undefined) return canonical;
  const text = input.normalize('NFKC').toUpperCase().replace(/[\s\p{Cf}]/gu, '');
  const isOurs = /^\p{P}*CHA\p{Pd}/u.test(text);
  const fits = text.length >= shortestForeignKey && text.length <= longestForeignKey && /^[\x21-\x7e]+$/.test(text) && /[0-9A-Z]{4}/.test(text.replace(/[^0-9A-Z]/g, ''));
  return fits && !isOurs ? foreignMark + text : undefined;
}

/** The last four letters or digits of a key in its lookup spelling, by which people know it again. */
export function keyHint(lookup: string): string {
  return lookup.replace(/[^0-9A-Z]/g, '').slice(-4);
}

/** A canonical key with hyphens: four groups of four, or of eight for historic keys. */
export function formatLicenseKey(canonical: string): string {
  const rest = canonical.slice(prefix.length);
  const size = rest.length / 4;
  return [prefix, ...Array.from({ length: 4 }, (_, group) => rest.slice(group * size, (group + 1) * size))].join('-');
}

/** Whether the check character fits. Historic keys have none, so this only tells a typing mistake from an unknown key. A U is one: no new key has it. */
export function hasValidCheckCharacter(canonical: string): boolean {
  const rest = canonical.slice(prefix.length);
  return /^[^U]{16}$/.test(rest) && checkCharacter(rest.slice(0, -1)) === rest.at(-1);
}

/** Luhn's algorithm modulo 32: finds every single wrong character and nearly all swapped neighbours. */
function checkCharacter(symbols: string): string {
  let sum = 0;
  for (let index = symbols.length - 1, double = true; index >= 0; index -= 1, double = !double) {
    const value = Math.max(alphabet.indexOf(symbols.charAt(index)), 0) * (double ? 2 : 1);
    sum += Math.floor(value / 32) + (value % 32);
  }
  return alphabet.charAt((32 - (sum % 32)) % 32);
}
