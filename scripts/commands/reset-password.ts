import type { Command } from 'commander';
import { transact } from '../../server/db/database.ts';
import { resetPassword } from '../../server/users/change-user.ts';
import { getUserByEmail } from '../../server/users/get-user.ts';
import { by, command, print, withServer } from './command.ts';

/** `chatello reset-password` */
export function resetPasswordCommand(): Command {
  return command('reset-password', 'Give an account a one-time password and sign it out everywhere; for whoever is locked out.')
    .requiredOption('--email <address>', 'address of the account')
    .action(async (options: { json?: boolean; email: string }) => {
      const { email, password } = await withServer(async ({ db, now }) => {
        const user = await getUserByEmail(db, options.email);
        return { email: user.email, password: await transact(db, (trx) => resetPassword(trx, user.id, by, now)) };
      });
      print(options, { email, one_time_password: password }, `${email} may log in with this one-time password, which is not shown again:\n\n  ${password}\n`);
    });
}
