export const billings = ['monthly', 'yearly'] as const;
export type Billing = (typeof billings)[number];
export const monthsOf: Record<Billing, number> = { monthly: 1, yearly: 12 };

/** How much a year at once saves over twelve months, in whole percent; 0 when it saves nothing. */
export function yearlySaving({ monthly_price_cents: monthly, yearly_price_cents: yearly }: { monthly_price_cents: number; yearly_price_cents: number }): number {
  return monthly <= 0 || yearly >= monthly * 12 ? 0 : Math.floor((1 - yearly / (monthly * 12)) * 100);
}

/** The price id with which a plan is bought at Paddle: the newest that is mapped to it for this many months. */
export function priceIdOf(prices: readonly { plan_id: string; months: number; external_id: string }[], planId: string, billing: Billing): string | undefined {
  return prices.find((price) => price.plan_id === planId && price.months === monthsOf[billing])?.external_id;
}
