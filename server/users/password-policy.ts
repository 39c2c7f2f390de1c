export const minPasswordLength = 12;
export const maxPasswordLength = 200;

/** Why a password is not taken, as the key of a text. */
export type PasswordProblem = 'error.password_short' | 'error.too_long' | 'error.password_common' | 'error.password_own';

const fewestCharacters = 5;
const shortestWord = 5;
let common: Promise<ReadonlySet<string>> | undefined;

/**
 * Judges a password by its length and by what everybody would try first, never by which kinds of characters it has. Refused are the
 * passwords that leaked most often, also repeated or with digits and signs around them, and the own address and name. `about`: what
 * is known of the account.
 */
export async function passwordProblem(password: string, about: string[] = []): Promise<PasswordProblem | undefined> {
  const text = password.normalize('NFKC').toLowerCase();
  const characters = [...text];
  if (characters.length < minPasswordLength) return 'error.password_short';
  if (characters.length > maxPasswordLength) return 'error.too_long';
  const core = unitOf(coreOf(text));
  const own = [...about, 'chatello', 'localhost'].flatMap((known) => known.toLowerCase().normalize('NFKC').split(/[@.\s]+/)).filter((word) => word.length >= 3);
  if (own.some((word) => core === word) || about.some((known) => text === known.toLowerCase())) return 'error.password_own';
  const leaked = await leakedPasswords();
  const isGuessed = [text, unitOf(text), core].some((candidate) => leaked.has(candidate));
  return isGuessed || core.length < shortestWord || new Set(characters).size < fewestCharacters || isRow(text) ? 'error.password_common' : undefined;
}

/** The 49,000 most frequent passwords of known breaches. They are read with the first password that is judged. */
function leakedPasswords(): Promise<ReadonlySet<string>> {
  return (common ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set<string>(dictionary['passwords-common'])));
}

/** Without the digits and signs at both ends: `!sunshine2026` is sunshine. A text without letters stays as it is. */
function coreOf(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '') || text;
}

/** What is repeated: `passwordpassword` is password. */
function unitOf(text: string): string {
  return /^(.+?)\1+$/su.exec(text)?.[1] ?? text;
}

/** Whether each character follows the one before, as in 123456789012 and abcdefghijkl. */
function isRow(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter((step) => Math.abs(step) <= 1).length >= steps.length - 1;
}
