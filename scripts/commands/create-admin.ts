import type { Command } from 'commander';
import { z } from 'zod';
import { createAdmin } from '../../server/users/create-admin.ts';
import { emailAddress, personText } from '../../server/customers/customer.rules.ts';
import { parsePart } from '../../server/http/route.ts';
import { by, command, print, withServer } from './command.ts';

const input = z.object({ email: emailAddress, name: personText.optional() });

/** `chatello create-admin` */
export function createAdminCommand(): Command {
  return command('create-admin', 'Add a person who may use the dashboard; prints a password for the first login.')
    .requiredOption('--email <address>', 'address to log in with')
    .option('--name <name>', 'name shown in the dashboard')
    .action(async (options: { json?: boolean; email: string; name?: string }) => {
      const { user, oneTimePassword } = await withServer(({ db, now }) => createAdmin(db, parsePart(input, options, 'body'), by, now));
      print(
        options,
        { id: user.id, email: user.email, name: user.name, one_time_password: oneTimePassword },
        `${user.email} may log in with this one-time password, which is not shown again:\n\n  ${oneTimePassword}\n`,
      );
    });
}
