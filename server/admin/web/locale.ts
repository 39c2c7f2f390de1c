import { readFileSync } from 'node:fs';
import type { Request } from 'express';
import { readCookie } from './cookies.ts';

export const locales = ['en', 'it'] as const;
export type Locale = (typeof locales)[number];
/** Looks a text up and fills in `{name}`. Throws for a key that the catalogue does not have. */
export type Translate = (key: string, values?: Record<string, string | number | undefined>) => string;

const catalogues = Object.fromEntries(locales.map((locale) => [locale, readCatalogue(locale)])) as Record<Locale, Record<string, string>>;

function readCatalogue(locale: Locale): Record<string, string> {
  return JSON.parse(readFileSync(new URL(`../../../admin-views/locales/${locale}.json`, import.meta.url), 'utf8')) as Record<string, string>;
}

export function translator(locale: Locale): Translate {
  return (key, values = {}) => {
    const text = catalogues[locale][key];
    if (text === undefined) throw new Error(`the catalogue ${locale} has no text "${key}"`);
    return text.replace(/\{(\w+)\}/g, (_match, name: string) => String(values[name] ?? ''));
  };
}

export function hasText(key: string): boolean {
  return Object.hasOwn(catalogues.en, key);
}

/** The language that was chosen, or the first of the browser's that there is, or English. */
export function localeOf(req: Request): Locale {
  const chosen = readCookie(req, 'chatello_language');
  return locales.find((locale) => locale === chosen) ?? (req.acceptsLanguages([...locales]) || 'en') as Locale;
}
