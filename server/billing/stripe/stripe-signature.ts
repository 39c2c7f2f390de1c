import { signatureProblem, type SignatureProblem } from '../timestamped-signature.ts';

const scheme = { separator: ',', timestamp: 't', signature: 'v1', joint: '.' };

/** What is wrong with a Stripe-Signature (`t=…,v1=…[,v1=…]`), or undefined when it is good. See signatureProblem. */
export function stripeSignatureProblem(raw: Buffer, header: string | undefined, secrets: string[], now: number, toleranceMs: number): SignatureProblem | undefined {
  return signatureProblem(scheme, raw, header, secrets, now, toleranceMs);
}
