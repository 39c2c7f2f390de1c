/** 1 US dollar = 100 cents = 100,000,000 micro-cents: every list price per million tokens is a whole number of them. */
export const microcentsPerDollar = 100_000_000;

const microcentDigits = 8;
const dollarAmount = /^(\d{1,7})(?:\.(\d{1,8}))?$/;

/** Micro-cents in dollars with two places, or as many more as it takes to be exact: `0.075`. */
export function dollarsOf(microcents: number): string {
  const [units = '', fraction = ''] = dollarText(microcents).split('.');
  return `${units}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}

/** Micro-cents in dollars, every digit of them: 123 is 0.00000123. */
export function dollarText(microcents: number): string {
  const amount = BigInt(microcents);
  const size = amount < 0n ? -amount : amount;
  const perDollar = BigInt(microcentsPerDollar);
  return `${amount < 0n ? '-' : ''}${size / perDollar}.${String(size % perDollar).padStart(microcentDigits, '0')}`;
}

/** Dollars as people write them (`0.075`, also with a comma) in micro-cents. Undefined for anything else. */
export function microcentsOf(dollars: string): number | undefined {
  const [, units, fraction = ''] = dollarAmount.exec(dollars.trim().replace(/^\$\s*/, '').replace(',', '.')) ?? [];
  return units === undefined ? undefined : Number(units) * microcentsPerDollar + Number(fraction.padEnd(microcentDigits, '0'));
}
