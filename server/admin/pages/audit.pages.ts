import { readChain, requestCheck } from '../../audit/check-audit.ts';
import type { Deps } from '../../deps.ts';
import { auditRecords } from '../../records/people.records.ts';
import { orderOf } from '../../records/records.ts';
import { actorsNamed } from '../actors.ts';
import { exportPage } from '../export-page.ts';
import { auditQuery, listAudit, type AuditFilter } from '../lists.store.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import type { Translate } from '../web/locale.ts';
import { page, type Page } from '../web/page.ts';

const dayMs = 24 * 60 * 60_000;
const entities = ['license', 'customer', 'order', 'subscription', 'product', 'plan', 'module', 'product_mapping', 'delivery', 'email', 'user', 'organization', 'api_token', 'webhook', 'provider', 'alias', 'prices', 'settings', 'job', 'import', 'export'];

type Asked = { entity: string | undefined; id: string | undefined; actor: string | undefined; from: string | undefined; to: string | undefined };

/** The audit log: who did what, whether anybody has changed it since, and as a file. */
export function auditPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/audit', 'audit.read', async ({ query, t }) => {
      const asked = askedFor(query);
      const found = await listAudit(db, filterOf(asked, t), pageRequest(query));
      const isFiltered = Object.values(asked).some((value) => value !== undefined);
      const files = { csv: addressOf('/exports/audit', asked), json: addressOf('/exports/audit', { ...asked, format: 'json' }) };
      return { view: 'audit', title: t('nav.audit'), data: { ...asked, entities: entities.map((code) => ({ code, isCurrent: code === asked.entity })), isFiltered, files, chain: await chainOf(deps), ...found, links: pageLinks('/audit', asked, found) } };
    }),

    page('post', '/audit/verify', 'audit.read', async ({ by }) => {
      await requestCheck(db, by, now());
      return { redirect: '/audit#chain' };
    }),

    exportPage(deps, '/exports/audit', 'audit.read', auditRecords, ({ query, t }) => ({ rows: auditQuery(db, filterOf(askedFor(query), t)), order: orderOf(auditRecords, '-at') })),
  ];
}

/** Whatever is no filter of this list is left out. */
function askedFor(query: Record<string, string>): Asked {
  const text = (name: string, longest: number) => query[name]?.trim().slice(0, longest) || undefined;
  const entity = entities.find((candidate) => candidate === query['entity']);
  return { entity, id: entity && text('id', 64), actor: text('actor', 190), from: day(query['from']), to: day(query['to']) };
}

function day(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** The last day is meant whole. */
function filterOf({ entity, id, actor, from, to }: Asked, t: Translate): AuditFilter {
  return { entity, entityId: id, actors: actor === undefined ? undefined : actorsNamed(actor, t), from: from === undefined ? undefined : Date.parse(from), to: to === undefined ? undefined : Date.parse(to) + dayMs };
}

async function chainOf({ db }: Deps): Promise<Record<string, unknown>> {
  const { head, check } = await readChain(db);
  return {
    head,
    check: check && { status: check.status, isRunning: check.status === 'running', isIntact: check.status === 'intact', by: check.requestedBy, createdAt: check.createdAt, finishedAt: check.finishedAt, lines: check.progress.lines, emptied: check.progress.emptied, problemCount: check.progress.problemCount, problems: check.progress.problems.slice(0, 20) },
  };
}
