import type { Db } from '../db/database.ts';

/** A product of a shop that orders hold and that nobody has mapped; `lines` is how many wait for it. */
type UnmappedProduct = { provider: string; external_product: string; name: string; lines: number; first_at: number; last_at: number };

/** The products that purchases wait for, the newest first, by the index of the lines' states. */
export function listUnmapped(db: Db): Promise<UnmappedProduct[]> {
  return db
    .selectFrom('order_lines')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .leftJoin('product_mappings', (join) => join.onRef('product_mappings.provider', '=', 'orders.provider').onRef('product_mappings.external_id', '=', 'order_lines.external_product'))
    .select(['orders.provider', 'order_lines.external_product'])
    .select((eb) => [eb.fn.max<string>('order_lines.name').as('name'), eb.fn.countAll<number>().as('lines'), eb.fn.min<number>('order_lines.created_at').as('first_at'), eb.fn.max<number>('order_lines.created_at').as('last_at')])
    .where('order_lines.state', '=', 'unmapped')
    .where('order_lines.external_product', '!=', '')
    .where('product_mappings.id', 'is', null)
    .groupBy(['orders.provider', 'order_lines.external_product'])
    .orderBy('last_at', 'desc')
    .limit(100)
    .execute();
}
