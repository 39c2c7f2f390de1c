import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether a webhook body carries the signature of one of the secrets: base64 of HMAC-SHA256 over the exact bytes. Empty secrets never match. */
export function isWooCommerceSignature(raw: Buffer, header: string | undefined, secrets: string[]): boolean {
  const signature = Buffer.from(header ?? '', 'base64');
  let isGenuine = false;
  for (const secret of secrets.filter((text) => text !== '')) {
    const expected = createHmac('sha256', secret).update(raw).digest();
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) isGenuine = true;
  }
  return isGenuine;
}
