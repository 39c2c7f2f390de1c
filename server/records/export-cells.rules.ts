import { z } from 'zod';

type Cell = string | number;
/** How a field that is no single value is written in a table; without it, as JSON. */
export type Cells = Record<string, (value: never) => string>;

/** The columns of a record: its fields, those of an object one by one (`plan_code`). */
export function headerOf(shape: Record<string, z.core.$ZodType>): string[] {
  return Object.entries(shape).flatMap(([name, field]) => (field instanceof z.ZodObject ? Object.keys(field.shape).map((inner) => `${name}_${inner}`) : [name]));
}

/** A record under these columns. Nothing is an empty cell, a list of words has spaces between them. */
export function cellsOf(header: readonly string[], item: object, cells: Cells = {}): Cell[] {
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(item)) {
    const write = cells[name] as ((value: unknown) => string) | undefined;
    flat.set(name, write ? write(value) : value);
    if (isObject(value)) for (const [inner, part] of Object.entries(value)) flat.set(`${name}_${inner}`, part);
  }
  return header.map((name) => cellOf(flat.get(name)));
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.join(' ');
  return JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
