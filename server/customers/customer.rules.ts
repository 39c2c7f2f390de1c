import { z } from 'zod';

const longestEmail = 320;

/** An address as it is compared: without case and surrounding space. It may be longer than the address: folding makes two letters of some. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase().normalize('NFC');
}

/** Whether an address and its key fit into their columns. */
export function fitsEmailColumns(email: string): boolean {
  return email.length <= longestEmail && emailKey(email).length <= longestEmail;
}

/** An address that mail can be sent to, internationalised ones included. Surrounding space is taken away. */
export const emailAddress = z
  .string()
  .trim()
  .max(longestEmail)
  .regex(/^[^\s\p{Cc}\p{Cs}@"<>(),;:\\[\]]{1,64}@[^\s\p{Cc}\p{Cs}@"<>(),;:\\[\]]{1,253}\.[^\s\p{Cc}\p{Cs}@"<>(),;:\\[\]0-9.]{2,63}$/u, 'must be an e-mail address such as anna@example.com')
  .refine(fitsEmailColumns, `must be at most ${longestEmail} characters, also in lower case`)
  .meta({ example: 'anna@example.com' });

/** A language tag such as `en` or `it-IT`. */
export const locale = z.string().regex(/^[a-z]{2,3}([-_][A-Za-z0-9]{2,4})?$/, 'must be a language such as en or it-IT').meta({ example: 'it' });

/** One line of text about a person: not empty, without control characters and halves of characters. */
export const personText = z.string().trim().min(1, 'must not be empty').max(200).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text');
