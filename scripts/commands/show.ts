import type { Command } from 'commander';
import { AppError } from '../../server/errors.ts';
import { describeLicense, type LicenseDescription } from '../../server/licenses/describe-license.ts';
import { command, day, print, withServer } from './command.ts';

/** `chatello show` */
export function showCommand(): Command {
  return command('show', 'Show what is known of a licence. The key itself is not printed.')
    .argument('<key>', 'licence key, however it is spelled')
    .action(async (key: string, options: { json?: boolean }) => {
      const description = await withServer(({ db, vault, now }) => describeLicense(db, vault, key, now));
      if (!description) throw new AppError('NOT_FOUND', 'No licence has this key. Check it for typing mistakes.');
      print(options, asData(description), asText(description));
    });
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

function asData({ license, facts, status, customer, activations, terms, requestsThisMonth }: LicenseDescription): Record<string, unknown> {
  return {
    id: license.id, key_hint: license.key_hint, status, expires_at: iso(license.expires_at), created_at: iso(license.created_at),
    customer: { id: customer.id, email: customer.email, name: customer.name, company: customer.company },
    plan: { code: facts.plan_code, name: facts.plan_name }, product: facts.product_code, domain_lock: license.domain_lock, max_version: license.max_version,
    reasons: { suspended: license.suspended_reason, cancelled: license.cancelled_reason, revoked: license.revoked_reason },
    limits: { sites: facts.site_limit, staging_sites: facts.staging_site_limit, requests_per_month: facts.monthly_requests, requests_per_hour: facts.hourly_requests },
    usage: { sites: facts.sites_used, requests_this_month: requestsThisMonth },
    sites: activations.filter(({ site }) => site !== null).map(({ site, kind, version, created_at, last_seen_at }) => ({ site, kind, version, created_at: iso(created_at), last_seen_at: iso(last_seen_at) })),
    devices: activations.filter(({ site }) => site === null).map(({ fingerprint, name, platform, version, created_at, last_seen_at }) => ({ fingerprint, name, platform, version, created_at: iso(created_at), last_seen_at: iso(last_seen_at) })),
    terms: terms.map(({ id, provider, transaction_id, months, paid_at, period_ends_at, voided_at, void_reason }) => ({
      id, provider, transaction_id, months, paid_at: iso(paid_at), period_ends_at: iso(period_ends_at), voided_at: iso(voided_at), void_reason,
    })),
  };
}

function asText({ license, facts, status, customer, activations, terms, requestsThisMonth }: LicenseDescription): string {
  const reason = license.revoked_reason ?? license.cancelled_reason ?? license.suspended_reason;
  const head: [string, string][] = [
    ['licence', `…${license.key_hint} (${license.id})`],
    ['status', reason === null ? status : `${status} (${reason})`],
    ['customer', `${customer.name} <${customer.email}>`],
    ['plan', `${facts.plan_name}, product ${facts.product_code}`],
    ['expires', day(license.expires_at)],
    ['places', `${facts.sites_used} of ${facts.site_limit}${license.domain_lock === null ? '' : `, locked to ${license.domain_lock}`}`],
    ['requests', `${requestsThisMonth} of ${facts.monthly_requests} this month`],
  ];
  const lines = head.map(([name, value]) => `  ${name.padEnd(9)} ${value}`);
  const sites = activations.map(({ site, fingerprint, name, kind, last_seen_at }) => `  ${site ?? name ?? fingerprint ?? ''}${kind === 'production' ? '' : ` (${kind})`}, last seen ${day(last_seen_at)}`);
  const paid = terms.map(({ provider, transaction_id, months, paid_at, voided_at, void_reason }) => {
    const length = months === null ? 'for ever' : `${months} month${months === 1 ? '' : 's'}`;
    return `  ${day(paid_at)}  ${length}, ${provider} ${transaction_id}${voided_at === null ? '' : `, voided ${day(voided_at)} (${void_reason ?? ''})`}`;
  });
  return [...lines, '', 'Sites and devices', ...(sites.length > 0 ? sites : ['  none yet']), '', 'Terms', ...paid].join('\n');
}
