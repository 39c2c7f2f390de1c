import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Db } from './db/database.ts';
import type { Secrets } from './local-secrets.ts';
import type { Vault } from './vault.ts';

/** What every route and job gets: made once in main.ts, in tests by the harness. */
export type Deps = {
  config: Config;
  secrets: Secrets;
  db: Db;
  vault: Vault;
  log: Logger;
  /** The current time in UTC epoch milliseconds. */
  now: () => number;
};
