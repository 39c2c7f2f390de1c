import { Argument, type Command } from 'commander';
import { providerNames } from '../../server/billing/billing-events.ts';
import { previewReconciliation } from '../../server/billing/preview-reconciliation.ts';
import { getBillingProvider } from '../../server/billing/providers.ts';
import { reconcileProvider } from '../../server/billing/reconcile.ts';
import { AppError } from '../../server/errors.ts';
import { command, dateOption, print, withServer } from './command.ts';

type Options = { json?: boolean; since?: number; dryRun?: boolean };

/** `chatello reconcile` */
export function reconcileCommand(): Command {
  return command('reconcile', 'Ask a payment provider for what changed, and process what never came. The server does it by itself every five minutes.')
    .addArgument(new Argument('<provider>', 'who is asked').choices(providerNames))
    .option('--since <date>', 'from this day or time on (2026-11-01, 2026-11-01T12:00:00Z); without it from where it last stopped', dateOption)
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (provider: string, options: Options) => {
      await withServer(async ({ config, db, vault }) => {
        const deps = { config, db, vault, now: Date.now };
        const adapter = getBillingProvider(deps, provider);
        if (!adapter.listChanges) throw new AppError('CONFLICT', `${provider} cannot be asked: its API is not configured. Set ${apiVariables[adapter.name]}.`);
        if (options.dryRun) {
          const { since, seen, differences } = await previewReconciliation(deps, adapter, options.since);
          const lines = differences.flatMap(({ topic, id, effects }) => [`${topic} ${id}`, ...effects.map((effect) => `  ${effect}`)]);
          print(options, { provider, since: new Date(since).toISOString(), seen, differences }, [`${seen} changes since ${new Date(since).toISOString()}; ${differences.length === 0 ? 'none of them would change anything here.' : `${differences.length} would change something:`}`, ...lines].join('\n'));
          return;
        }
        const result = await reconcileProvider(deps, adapter, options.since);
        const since = new Date(result.since).toISOString();
        print(options, { ...result, since }, [`${result.seen} changes since ${since}; ${result.added} of them had not come and wait to be processed by the running server.`, ...result.repaired].join('\n'));
      });
    });
}

const apiVariables = { paddle: 'PADDLE_API_KEY', woocommerce: 'WOOCOMMERCE_URL, WOOCOMMERCE_CONSUMER_KEY and WOOCOMMERCE_CONSUMER_SECRET', stripe: 'STRIPE_API_KEY' };
