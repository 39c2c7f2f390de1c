import { signatureProblem, type SignatureProblem } from '../timestamped-signature.ts';

const scheme = { separator: ';', timestamp: 'ts', signature: 'h1', joint: ':' };

/** What is wrong with a Paddle-Signature (`ts=…;h1=…[;h1=…]`), or undefined when it is good. See signatureProblem. */
export function paddleSignatureProblem(raw: Buffer, header: string | undefined, secrets: string[], now: number, toleranceMs: number): SignatureProblem | undefined {
  return signatureProblem(scheme, raw, header, secrets, now, toleranceMs);
}
