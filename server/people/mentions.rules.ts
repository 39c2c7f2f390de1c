/** What may stand right before an address without belonging to it: the end of an escape of JSON or of a web address, or no character of addresses. */
const before = String.raw`(?:(?<=%[0-9a-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})|(?<![\p{L}\p{N}._+%-]))`;
/** In a key that a program has put together (`new-anna@x.it`) the signs of addresses separate too. */
const beforeInKey = String.raw`(?<![\p{L}\p{N}])`;
const after = String.raw`(?!\.?[\p{L}\p{N}-])`;
const afterInKey = String.raw`(?!\.?[\p{L}\p{N}])`;

/** Tells of a text whether it holds one of these e-mail addresses, whole, in any case, also as JSON and web addresses write them: `anna@x.it` does not stand in `joanna@x.it`. */
export function mentionOf(emails: string[], within: 'text' | 'key' = 'text'): (text: string) => boolean {
  const spellings = new Set(emails.map((email) => email.toLowerCase()).flatMap((email) => [email, escaped(email), encodeURIComponent(email).toLowerCase()]));
  if (spellings.size === 0) return () => false;
  const pattern = new RegExp(`${within === 'key' ? beforeInKey : before}(?:${[...spellings].map(literal).join('|')})${within === 'key' ? afterInKey : after}`, 'u');
  return (text) => pattern.test(text.toLowerCase());
}

function escaped(text: string): string {
  return text.replaceAll(/[\u0080-\uFFFF]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, (sign) => `\\${sign}`);
}
