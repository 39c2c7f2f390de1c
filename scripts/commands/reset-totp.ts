import type { Command } from 'commander';
import { transact } from '../../server/db/database.ts';
import { getUserByEmail } from '../../server/users/get-user.ts';
import { endSessionsOfUsers } from '../../server/users/end-sessions.ts';
import { removeTotp } from '../../server/users/totp.ts';
import { by, command, print, withServer } from './command.ts';

/** `chatello reset-totp` */
export function resetTotpCommand(): Command {
  return command('reset-totp', 'Take the authenticator app and the recovery codes of an account away; for whoever has lost both.')
    .requiredOption('--email <address>', 'address of the account')
    .action(async (options: { json?: boolean; email: string }) => {
      const user = await withServer(async ({ db, now }) => {
        const found = await getUserByEmail(db, options.email);
        await transact(db, async (trx) => {
          await removeTotp(trx, found.id, by, now);
          await endSessionsOfUsers(trx, [found.id]);
        });
        return found;
      });
      print(options, { email: user.email, had_app: user.totp_confirmed_at !== null }, `${user.email} signs in with the password alone now.`);
    });
}
