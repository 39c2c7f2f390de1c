import { readFileSync } from 'node:fs';
import path from 'node:path';
import Handlebars, { type TemplateDelegate } from 'handlebars';
import { headerText } from './mail-text.rules.ts';

export type RenderedEmail = { subject: string; preheader: string; text: string; html: string };
export const mailLanguages = ['en', 'it'] as const;

const directory = path.join(import.meta.dirname, 'templates');
const runtime = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };
const compiled = new Map<string, TemplateDelegate>();

/** The language in which an e-mail is written: English for every one that has no templates. */
export function mailLanguage(locale: string): string {
  const language = locale.slice(0, 2).toLowerCase();
  return mailLanguages.find((known) => known === language) ?? 'en';
}

/**
 * Fills `templates/LANGUAGE/NAME.{subject,preheader,text,html}.hbs` in; the HTML goes into `templates/layout.html.hbs`. Values are
 * escaped in HTML and taken as they are in text, and a missing one is an error. Line breaks cannot get into the subject.
 */
export function renderEmail(name: string, locale: string, values: Record<string, unknown>): RenderedEmail {
  const language = mailLanguage(locale);
  const part = (kind: string, escape: boolean) => template(path.join(language, `${name}.${kind}.hbs`), escape)(values, runtime);
  const subject = headerText(part('subject', false));
  const preheader = headerText(part('preheader', false));
  const html = template('layout.html.hbs', true)({ language, subject, preheader, body: part('html', true) }, runtime);
  return { subject, preheader, text: part('text', false), html };
}

function template(file: string, escape: boolean): TemplateDelegate {
  let known = compiled.get(file);
  if (!known) {
    known = Handlebars.compile(readFileSync(path.join(directory, file), 'utf8'), { strict: true, noEscape: !escape });
    compiled.set(file, known);
  }
  return known;
}
