import type { CustomerFacts, LicenseFacts, OrderFacts } from './facts.rules.ts';

/** What the figures are called. `distinct.*` are counted from the one of the same name in `distinctOf`: how many details have an amount. */
export type FigureName =
  | 'customers' | 'customers.new'
  | 'licenses' | 'licenses.new' | 'licenses.lost' | 'licenses.expiring' | 'licenses.held'
  | 'trials' | 'mrr' | 'paying_licenses' | 'customer_licenses' | 'customer_mrr' | 'paying_customers'
  | 'revenue' | 'refunds' | 'orders' | 'renewals';

/** A figure of no day, as it stands. */
export type Standing = { name: FigureName; label: string; detail: string; amount: number };
export type OfDay = { day: number; label: string; amount: number };

export type FigureKey = { scope_id: string; name: FigureName; bucket: number; label: string; detail: string };
export type Amounts = Map<string, FigureKey & { amount: number }>;

/** Rows with an amount of the first (label: currency, detail: customer) are counted by the second. */
export const distinctOf = { counted: 'customer_licenses', count: 'paying_customers' } as const;

export type SourceKind = 'customer' | 'license' | 'order';
export type FactsOf = { customer: CustomerFacts; license: LicenseFacts; order: OrderFacts };

type Add = (name: FigureName, bucket: number, label: string, detail: string, amount: number) => void;

/** Adds what something contributes to the figures, `times` 1, or takes it away, `times` -1. */
export function addContribution<Kind extends SourceKind>(amounts: Amounts, kind: Kind, facts: FactsOf[Kind], times: 1 | -1): void {
  for (const scope_id of facts.s) {
    contributions[kind](facts, (name, bucket, label, detail, amount) => {
      const key = [scope_id, name, bucket, label, detail].join('\n');
      const known = amounts.get(key);
      if (known) known.amount += times * amount;
      else amounts.set(key, { scope_id, name, bucket, label, detail, amount: times * amount });
    });
  }
}

const contributions: { [Kind in SourceKind]: (facts: FactsOf[Kind], add: Add) => void } = {
  customer({ t, d }, add) {
    add('customers', 0, t, '', 1);
    add('customers.new', d, '', '', 1);
  },
  license({ c, p, t, h, n, l, e, r, y, m }, add) {
    const paid = h === 1 ? 'paid' : 'free';
    add('licenses', 0, t, p, 1);
    if (t !== 'pending') add('licenses.new', n, paid, p, 1);
    if (l !== undefined) add('licenses.lost', l, paid, p, 1);
    if (t === 'active' || t === 'suspended') add('licenses.held', 0, paid, p, 1);
    if (e !== undefined) add('licenses.expiring', e, '', p, 1);
    if (r !== undefined) add('trials', r.d, r.o, p, 1);
    if (y !== undefined && m !== undefined) {
      add('mrr', 0, y, p, m);
      add('paying_licenses', 0, y, p, 1);
      add('customer_licenses', 0, y, c, 1);
      add('customer_mrr', 0, y, c, m);
    }
  },
  order({ d, y, p, g, r, n }, add) {
    add('orders', d, y, p, 1);
    add('revenue', d, y, p, g);
    if (r !== 0) add('refunds', d, y, p, r);
    if (n === 1) add('renewals', d, y, p, 1);
  },
};

/** How the number of distinct details changes when the amounts that stand (`before`, by the keys of `changes`) change. */
export function distinctChanges(changes: Amounts, before: Map<string, number>): Amounts {
  const counts: Amounts = new Map();
  for (const [key, { scope_id, name, label, amount }] of changes) {
    if (name !== distinctOf.counted) continue;
    const was = before.get(key) ?? 0;
    const difference = Number(was + amount > 0) - Number(was > 0);
    const countKey = [scope_id, distinctOf.count, 0, label, ''].join('\n');
    const known = counts.get(countKey);
    if (known) known.amount += difference;
    else counts.set(countKey, { scope_id, name: distinctOf.count, bucket: 0, label, detail: '', amount: difference });
  }
  return counts;
}
