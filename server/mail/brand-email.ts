import Handlebars from 'handlebars';
import type { Config } from '../config.ts';
import { mailLanguages, type RenderedEmail } from './render-email.ts';

/** Where the layout names who writes. */
const place = '<!--vendor-->Chatello';

/** Puts the vendor's name at the head of an e-mail. */
export function brandEmail({ VENDOR_NAME: name }: Pick<Config, 'VENDOR_NAME'>, email: RenderedEmail): RenderedEmail {
  return { ...email, html: email.html.replace(place, () => Handlebars.escapeExpression(name)) };
}

/** The language of an e-mail: the reader's, or where it has no templates the default. */
export function mailLocale({ DEFAULT_LANGUAGE: fallback }: Pick<Config, 'DEFAULT_LANGUAGE'>, locale: string): string {
  const language = locale.slice(0, 2).toLowerCase();
  return mailLanguages.some((known) => known === language) ? locale : fallback;
}

/** Where answers go, when they do not go to the sender. */
export function replyTo({ SUPPORT_EMAIL: address }: Pick<Config, 'SUPPORT_EMAIL'>): { replyTo?: string } {
  return address === undefined ? {} : { replyTo: address };
}
