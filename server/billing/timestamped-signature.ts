import { createHmac, timingSafeEqual } from 'node:crypto';

export type SignatureProblem = 'missing' | 'malformed' | 'wrong' | 'too-old-or-new';
/** How a provider writes such a header: `ts=…;h1=…` has the separator `;`, the names `ts` and `h1`; what is signed is timestamp, `joint` and body. */
export type SignatureScheme = { separator: string; timestamp: string; signature: string; joint: string };

/**
 * What is wrong with the header of a signed delivery, or undefined when it is good: any of its signatures may match any secret (both
 * change while a secret is rolled), and the time may be off by `toleranceMs` in either direction. Other schemes and empty secrets never match.
 */
export function signatureProblem(scheme: SignatureScheme, raw: Buffer, header: string | undefined, secrets: string[], now: number, toleranceMs: number): SignatureProblem | undefined {
  if (header === undefined || header === '') return 'missing';
  const parts = header.split(scheme.separator).map((part) => part.split('=', 2).map((text) => text.trim()));
  const timestamp = parts.find(([name]) => name === scheme.timestamp)?.[1] ?? '';
  const signatures = parts.filter(([name, value]) => name === scheme.signature && /^[0-9a-f]{64}$/i.test(value ?? '')).map(([, value = '']) => Buffer.from(value, 'hex'));
  if (!/^\d{1,12}$/.test(timestamp) || signatures.length === 0) return 'malformed';
  let isGenuine = false;
  for (const secret of secrets.filter((text) => text !== '')) {
    const expected = createHmac('sha256', secret).update(timestamp + scheme.joint).update(raw).digest();
    for (const signature of signatures) if (timingSafeEqual(expected, signature)) isGenuine = true;
  }
  if (!isGenuine) return 'wrong';
  return Math.abs(now - Number(timestamp) * 1_000) > toleranceMs ? 'too-old-or-new' : undefined;
}
