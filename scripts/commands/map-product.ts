import { Option, type Command } from 'commander';
import { mapProduct } from '../../server/billing/map-product.ts';
import { providerNames } from '../../server/billing/billing-events.ts';
import { AppError } from '../../server/errors.ts';
import { by, command, print, wholeNumber, withServer } from './command.ts';

type Options = { json?: boolean; provider: string; externalId: string; plan: string; months?: number; perpetual?: boolean; product?: string };

/** `chatello map-product` */
export function mapProductCommand(): Command {
  return command('map-product', 'Say which plan a product of a shop stands for.')
    .addOption(new Option('--provider <name>', 'where it is sold').choices(providerNames).makeOptionMandatory())
    .requiredOption('--external-id <id>', 'Paddle: price id (pri_…). WooCommerce: SKU, variation id or product id')
    .requiredOption('--plan <code>', 'plan, such as pro; "none" when it is sold but no licence')
    .option('--months <number>', 'calendar months of one purchase, 1 to 120', wholeNumber)
    .option('--perpetual', 'one purchase is for ever (instead of --months)')
    .option('--product <code>', 'product, when it is not chatello')
    .action(async (options: Options) => {
      const plan = options.plan.toLowerCase() === 'none' ? null : options.plan;
      const months = monthsOf(plan, options);
      const { provider, externalId, product } = options;
      const mapping = await withServer(({ db, now }) => mapProduct(db, { provider, externalId, plan, months, product }, by, now));
      const meaning = plan === null ? 'no licence' : `plan ${plan}, ${months === null ? 'for ever' : `${months} month${months === 1 ? '' : 's'}`}`;
      print(
        options,
        { id: mapping.id, provider, external_id: externalId, plan, months },
        `${provider} ${externalId} now means: ${meaning}.\nPurchases that were waiting for it: npm run chatello -- replay --dead --provider ${provider}`,
      );
    });
}

function monthsOf(plan: string | null, { months, perpetual }: Options): number | null {
  const refuse = (message: string) => new AppError('INVALID_REQUEST', `body.months: ${message}`, { field: 'body.months' });
  if (plan === null || perpetual) {
    if (months !== undefined) throw refuse(`must be left out ${plan === null ? 'when the plan is none' : 'with --perpetual'}`);
    return null;
  }
  if (months === undefined) throw refuse('is required, from 1 to 120, unless --perpetual is given');
  if (months < 1 || months > 120) throw refuse('must be from 1 to 120');
  return months;
}
