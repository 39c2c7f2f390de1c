import { z } from 'zod';

/** An address that mail can be sent to, internationalised ones included. Surrounding space is taken away. */
export const emailAddress = z
  .string()
  .trim()
  .max(320)
  .regex(/^[^\s@"<>(),;:\\[\]]{1,64}@[^\s@"<>(),;:\\[\]]{1,253}\.[^\s@"<>(),;:\\[\]0-9.]{2,63}$/u, 'must be an e-mail address such as anna@example.com')
  .meta({ example: 'anna@example.com' });

/** A language tag such as `en` or `it-IT`. */
export const locale = z.string().regex(/^[a-z]{2,3}([-_][A-Za-z0-9]{2,4})?$/, 'must be a language such as en or it-IT').meta({ example: 'it' });

/** One line of text about a person: not empty, without control characters. */
export const personText = z.string().trim().min(1, 'must not be empty').max(200).regex(/^\P{Cc}*$/u, 'must be one line of text');
