import { z } from 'zod';

/** A time of a row, as answers have it. */
export const iso = (ms: number): string => new Date(ms).toISOString();
/** Null stays null: never, or not yet. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export const idShape = z.string().meta({ example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' });
export const nullableId = z.string().nullable().meta({ example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' });
export const time = z.iso.datetime();
export const timeOrNull = z.iso.datetime().nullable();
export const text = z.string();
export const textOrNull = z.string().nullable();
export const count = z.int();
export const countOrNull = z.int().nullable();
export const providerShape = z.string().meta({ example: 'paddle' });
export const currencyShape = z.string().meta({ description: 'ISO 4217; amounts are in its smallest unit.', example: 'EUR' });

/** A filter on the id of something that rows belong to. */
export const idFilter = (what: string) => z.string().min(1).max(64).optional().meta({ description: `Only those of this ${what}.`, example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' });
/** A filter on a text that a column has word for word. */
export const wordFilter = (description: string, example: string) => z.string().min(1).max(190).optional().meta({ description, example });
