import type { Command } from 'commander';
import { loadConfig } from '../../server/config.ts';
import { closeDatabase, openDatabase } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { loadSecrets } from '../../server/local-secrets.ts';
import { seed } from '../../server/seed.ts';
import { openVault } from '../../server/vault.ts';
import { command, print } from './command.ts';

/** `chatello migrate` */
export function migrateCommand(): Command {
  return command('migrate', 'Bring the database up to date and add the plans that a new one needs (npm start does it too).').action(async (options: { json?: boolean }) => {
    const config = loadConfig();
    const secrets = loadSecrets(config);
    const db = openDatabase(config.DATABASE_URL, config.dataDir);
    try {
      const applied = await migrate(db, Date.now());
      const vault = await openVault(db, secrets.encryptionKeys, Date.now());
      await seed({ config, db, vault, now: Date.now });
      print(options, { applied }, applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`);
    } finally {
      await closeDatabase(db);
    }
  });
}
