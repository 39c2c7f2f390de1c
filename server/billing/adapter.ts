import type { IncomingHttpHeaders } from 'node:http';
import type { BillingEvent, ProviderName } from './billing-events.ts';

/** What a provider can be asked for: `refunds` takes the id of their order, `payment` asks which order it was for. What a provider does not have, it knows nothing of. */
export type ObjectKind = 'customer' | 'order' | 'refunds' | 'subscription' | 'payment';

/** What makes a delivery the same as another one, and what it is about. Nothing is decided by it but deduplication. */
export type DeliveryIdentity = { eventId: string; topic: string; occurredAt: number | null };

/** A change that a provider has listed, in the form in which it would have delivered it. */
export type ListedChange = { identity: DeliveryIdentity; body: Buffer };

export type WriteBack = { orderId: string; keys: string[] };

/** A payment provider: how its deliveries are authenticated, read, completed and answered. One folder each; the list is providers.ts. */
export type BillingAdapter = {
  name: ProviderName;
  /** A delivery that only tries whether somebody is there: unsigned, answered and forgotten. */
  isPing?: (raw: Buffer) => boolean;
  /** Checks the signature over the bytes as they came. Throws SIGNATURE_INVALID that says what to set or check. */
  verify: (raw: Buffer, headers: IncomingHttpHeaders, now: number) => void;
  /** Never throws, whatever an authentic delivery holds. */
  identify: (raw: Buffer, headers: IncomingHttpHeaders) => DeliveryIdentity;
  /** What a body says, from the body alone. Throws DeadLetter when it cannot be understood. */
  parse: (body: unknown) => BillingEvent[];
  /** The present state of an object as events. Absent when the provider's API is not configured. */
  fetchObject?: (kind: ObjectKind, id: string) => Promise<BillingEvent[]>;
  /**
   * Everything that changed since a moment (epoch ms), page by page, in any order: whoever applies it finds the same state as by the
   * deliveries themselves. Absent when the provider's API is not configured. Throws when it does not answer.
   */
  listChanges?: (since: number) => AsyncIterable<ListedChange[]>;
  /** Sets right what would make deliveries stop, and returns what was wrong, as sentences. */
  repairDelivery?: () => Promise<string[]>;
  /** Puts the keys of an order where the shop shows them; may be repeated. Absent when there is nowhere to put them. */
  writeBack?: (order: WriteBack) => Promise<void>;
};
