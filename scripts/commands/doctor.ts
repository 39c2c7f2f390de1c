import type { Command } from 'commander';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { checkConfiguration, checkDataDirectory, checkMail, checkNode, checkProviders, checkWebhooks } from './doctor-checks.ts';
import { checkDatabase } from './doctor-database.ts';
import { command, print, type Finding } from './command.ts';

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** `chatello doctor` */
export function doctorCommand(): Command {
  return command('doctor', 'Check configuration, data directory, database, clock, queue, mail, AI providers and webhooks, and say what to do.')
    .addHelpText('after', '\nEnds with 1 when something fails; warnings alone end with 0.')
    .action(async (options: { json?: boolean }) => {
      const findings = await examine();
      const failed = findings.filter(({ status }) => status === 'fail').length;
      const warned = findings.filter(({ status }) => status === 'warn').length;
      const lines = findings.map(({ check, status, detail, advice }) => `${marks[status]}  ${check.padEnd(14)} ${detail}${advice === undefined ? '' : `\n${' '.repeat(21)}-> ${advice}`}`);
      const sum = failed > 0 ? `${failed} ${failed === 1 ? 'thing fails' : 'things fail'}.` : warned > 0 ? `It works, with ${warned} ${warned === 1 ? 'warning' : 'warnings'}.` : 'All is well.';
      print(options, { ok: failed === 0, findings }, `${lines.join('\n')}\n\n${sum}`);
      if (failed > 0) process.exitCode = 1;
    });
}

async function examine(): Promise<Finding[]> {
  try {
    const config = loadConfig();
    const asked = await Promise.all([checkDatabase(config), checkMail(config), checkProviders(config)]);
    return [checkNode(), checkConfiguration(config), checkDataDirectory(config), ...asked, checkWebhooks(config)].flat();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ check: 'configuration', status: 'fail', detail: error.message.replaceAll('\n', `\n${' '.repeat(21)}`), advice: 'Correct .env or the environment; nothing else can be checked before.' }];
  }
}
