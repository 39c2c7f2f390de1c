import type { Command } from 'commander';
import { transact } from '../../server/db/database.ts';
import { parsePart } from '../../server/http/route.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { grantInput, grantRequest } from '../../server/licenses/grant-request.ts';
import { mailIssuedKey } from '../../server/mail/mail-issued-key.ts';
import { by, command, day, print, wholeNumber, withServer } from './command.ts';

type Options = { json?: boolean; email: string; plan: string; months?: number; perpetual?: boolean; domain?: string; name?: string; company?: string; locale?: string; product?: string; maxSites?: number; maxVersion?: string; sendEmail?: boolean };

/** `chatello issue` */
export function issueCommand(): Command {
  return command('issue', 'Issue a licence and print its key. The customer is found by the address, or created.')
    .requiredOption('--email <address>', 'address of the customer')
    .requiredOption('--plan <code>', 'plan, such as starter, pro or agency')
    .option('--months <number>', 'calendar months from now, 1 to 120', wholeNumber)
    .option('--perpetual', 'never expires (instead of --months)')
    .option('--domain <site>', 'site that gets its slot at once; a licence for one site is locked to it')
    .option('--name <name>', 'name of a new customer')
    .option('--company <company>', 'company of a new customer')
    .option('--locale <language>', 'language of a new customer, such as en or it')
    .option('--product <code>', 'product, when it is not chatello')
    .option('--max-sites <number>', 'sites, when not those of the plan', wholeNumber)
    .option('--max-version <version>', 'newest version that the licence covers, such as 2 or 2.5')
    .option('--send-email', 'send the key to the customer by e-mail')
    .action(async ({ maxSites, maxVersion, sendEmail, ...options }: Options) => {
      const request = parsePart(grantRequest, { ...options, max_sites: maxSites, max_version: maxVersion, send_email: sendEmail }, 'body');
      const { license, key, customer, created, plan } = await withServer(({ db, vault, config, now }) =>
        transact(db, async (trx) => {
          const granted = await grantLicense(trx, vault, grantInput(request), by, now);
          if (request.send_email) await mailIssuedKey(trx, config, { licenseId: granted.license.id, customer: granted.customer }, now);
          return granted;
        }),
      );
      const expiresAt = license.expires_at === null ? null : new Date(license.expires_at).toISOString();
      print(
        options,
        { license_key: key, license_id: license.id, customer: { id: customer.id, email: customer.email, name: customer.name }, customer_created: created, plan: plan.code, expires_at: expiresAt, domain_lock: license.domain_lock },
        `${key}\n\n  plan      ${plan.name}\n  customer  ${customer.name} <${customer.email}>${created ? ' (new)' : ''}\n  expires   ${day(license.expires_at)}`,
      );
    });
}
