import { sql, type SqlBool } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Rows } from './records.ts';

/** The rows whose column lies in a span: from `from` on and before `to`, where given. */
export function between<Table extends keyof Schema>(rows: Rows<Table>, column: string, { from, to }: { from: number | undefined; to: number | undefined }): Rows<Table> {
  let bounded = rows;
  if (from !== undefined) bounded = bounded.where(sql<SqlBool>`${sql.ref(column)} >= ${from}`);
  if (to !== undefined) bounded = bounded.where(sql<SqlBool>`${sql.ref(column)} < ${to}`);
  return bounded;
}

/** The rows whose column has this value, when one is given. */
export function having<Table extends keyof Schema>(rows: Rows<Table>, column: string, value: string | number | undefined): Rows<Table> {
  return value === undefined ? rows : rows.where(sql<SqlBool>`${sql.ref(column)} = ${value}`);
}
