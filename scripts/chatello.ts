import { Command } from 'commander';
import { AppError } from '../server/errors.ts';
import { version } from '../server/version.ts';
import { sentenceFor } from './commands/command.ts';
import { createAdminCommand } from './commands/create-admin.ts';
import { doctorCommand } from './commands/doctor.ts';
import { importCommand } from './commands/import.ts';
import { issueCommand } from './commands/issue.ts';
import { mapProductCommand } from './commands/map-product.ts';
import { migrateCommand } from './commands/migrate.ts';
import { rebuildFiguresCommand } from './commands/rebuild-figures.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { replayCommand } from './commands/replay.ts';
import { resetPasswordCommand } from './commands/reset-password.ts';
import { resetTotpCommand } from './commands/reset-totp.ts';
import { rotateKeysCommand } from './commands/rotate-keys.ts';
import { showCommand } from './commands/show.ts';
import { verifyAuditCommand } from './commands/verify-audit.ts';

/** The operator's command line: npm run chatello -- COMMAND. With --json use npm run --silent, so that npm adds nothing. */
const program = new Command('chatello')
  .description('Runs Chatello from the command line, on the database that the configuration names.')
  .version(version)
  .showHelpAfterError('(add --help to see what there is)')
  .addHelpText('after', '\nEach command explains itself: npm run chatello -- issue --help\nFor programs: npm run --silent chatello -- COMMAND --json');
for (const make of [migrateCommand, createAdminCommand, resetPasswordCommand, resetTotpCommand, issueCommand, importCommand, mapProductCommand, showCommand, replayCommand, reconcileCommand, rotateKeysCommand, rebuildFiguresCommand, verifyAuditCommand, doctorCommand]) program.addCommand(make());

try {
  await program.parseAsync();
} catch (error) {
  const message = sentenceFor(error);
  const code = error instanceof AppError ? error.code : 'FAILED';
  process.stderr.write(process.argv.includes('--json') ? `${JSON.stringify({ error: { code, message } })}\n` : `${message}\n`);
  process.exitCode = 1;
}
