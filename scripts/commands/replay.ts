import { Option, type Command } from 'commander';
import { replayDeliveries, replayDelivery } from '../../server/billing/replay-delivery.ts';
import { providerNames } from '../../server/billing/billing-events.ts';
import { AppError } from '../../server/errors.ts';
import { by, command, dateOption, print, withServer } from './command.ts';

type Options = { json?: boolean; id?: string; provider?: string; dead?: boolean; from?: number; to?: number };

/** `chatello replay` */
export function replayCommand(): Command {
  return command('replay', 'Process webhook deliveries once more; what they have done already is not done again. The running server does the work.')
    .option('--id <id>', 'one delivery')
    .addOption(new Option('--provider <name>', 'deliveries of one provider').choices(providerNames))
    .option('--dead', 'only those that were given up on')
    .option('--from <date>', 'only those that came from this day or time on (2026-11-01, 2026-11-01T12:00:00Z)', dateOption)
    .option('--to <date>', 'only those that came before this day or time', dateOption)
    .action(async (options: Options) => {
      const { id, provider, dead = false, from, to } = options;
      const isFiltered = provider !== undefined || dead || from !== undefined || to !== undefined;
      if (id === undefined && !isFiltered) throw new AppError('INVALID_REQUEST', 'Say what to replay: --id ID, --provider NAME, --dead, --from DATE or --to DATE.');
      if (id !== undefined && isFiltered) throw new AppError('INVALID_REQUEST', '--id names one delivery; leave out the other options.');
      const replayed = await withServer(async ({ db, now }) => {
        if (id === undefined) return replayDeliveries(db, { provider, status: dead ? 'dead' : undefined, from, to }, by, now);
        await replayDelivery(db, id, by, now);
        return [id];
      });
      print(options, { replayed }, replayed.length === 0 ? 'There is nothing to replay.' : `${replayed.length} ${replayed.length === 1 ? 'delivery waits' : 'deliveries wait'} to be processed again.`);
    });
}
