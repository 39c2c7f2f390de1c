import type { Command } from 'commander';
import { rebuildFigures } from '../../server/figures/count-figures.ts';
import { command, print, withServer } from './command.ts';

/** `chatello rebuild-figures` */
export function rebuildFiguresCommand(): Command {
  return command('rebuild-figures', 'Count all figures of the dashboard anew from the customers, licences, orders and the ledger. The server may run meanwhile; its figures are incomplete until this is done.').action(async (options: { json?: boolean }) => {
    await withServer(async ({ db }) => {
      const startedAt = performance.now();
      await rebuildFigures({ db, now: Date.now });
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      print(options, { rebuilt: true, seconds }, `All figures were counted anew in ${seconds} s.`);
    });
  });
}
