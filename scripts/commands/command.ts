import { Command, InvalidArgumentError } from 'commander';
import { loadConfig, type Config } from '../../server/config.ts';
import { closeDatabase, openDatabase, type Db } from '../../server/db/database.ts';
import { pendingMigrations } from '../../server/db/migrate.ts';
import { AppError } from '../../server/errors.ts';
import { loadSecrets, type Secrets } from '../../server/local-secrets.ts';
import { startProblem } from '../../server/start-problem.ts';
import { openVault, type Vault } from '../../server/vault.ts';

export type CommandContext = { config: Config; secrets: Secrets; db: Db; vault: Vault; now: number };

/** What a check of the doctor found. `advice` says what to do about a warning or a failure. */
export type Finding = { check: string; status: 'ok' | 'warn' | 'fail'; detail: string; advice?: string };

/** Who does what the command line does, in the audit log. */
export const by = { actor: 'cli' };

/** A command with `--json`, named in its help. */
export function command(name: string, description: string): Command {
  return new Command(name).description(description).option('--json', 'print the result as JSON, for programs').showHelpAfterError('(add --help to see how it is used)');
}

/** Opens what the server uses, runs `work` and closes it again. Refuses when the database is not up to date. */
export async function withServer<Result>(work: (context: CommandContext) => Promise<Result>): Promise<Result> {
  const config = loadConfig();
  const secrets = loadSecrets(config);
  const db = openDatabase(config.DATABASE_URL, config.dataDir);
  try {
    const pending = await pendingMigrations(db);
    if (pending.length > 0) throw new AppError('CONFLICT', 'The database is not set up for this version. Run: npm run chatello -- migrate');
    const now = Date.now();
    return await work({ config, secrets, db, vault: await openVault(db, secrets.encryptionKeys, now), now });
  } finally {
    await closeDatabase(db);
  }
}

/** Prints the data with `--json`, otherwise the text. */
export function print({ json }: { json?: boolean }, data: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
}

/** What went wrong as a sentence for the person at the keyboard. */
export function sentenceFor(error: unknown): string {
  if (error instanceof AppError && error.code !== 'BUSY') return error.message.replace(/^(?:body\.)?([a-z_]+): /, (_, field: string) => `--${field.replaceAll('_', '-')}: `);
  return startProblem(error);
}

/** Text of an option that must be a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Text of an option that must be a day or a time; a day begins at 00:00 UTC. */
export function dateOption(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a day like 2026-11-01, or a time like 2026-11-01T12:00:00Z.');
  return ms;
}

export function day(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString().slice(0, 10);
}
