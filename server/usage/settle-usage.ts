import { transact, type Db } from '../db/database.ts';
import type { Reservation } from './reserve-usage.ts';
import { saneUsage, type MeteredUsage } from './token-usage.rules.ts';
import { settleRecord, uncountRequest } from './usage.store.ts';

/** How a request ended. `aborted`: the client left. `swept`: its process died and nobody knows. */
export type Settlement = {
  status: 'completed' | 'failed' | 'aborted' | 'swept';
  /** Whether it costs one request of the quota. */
  isCharged: boolean;
  usage: MeteredUsage;
  /** Whoever was asked last; without it the one that was named when the place was taken. */
  provider?: string | undefined;
  /** As the provider names the model that answered. */
  model?: string | undefined;
  firstByteMs?: number | undefined;
  totalMs?: number | undefined;
  providerRequestId?: string | undefined;
  errorCode?: string | undefined;
};

const modelLength = 120;
const requestIdLength = 190;

/**
 * Ends a reservation: the ledger row gets its outcome, and a request that is not charged goes back to the windows it was taken from.
 * May be repeated: only the first settlement counts, the others return false.
 */
export function settleUsage(db: Db, reservation: Reservation, settlement: Settlement, now: number): Promise<boolean> {
  const usage = saneUsage(settlement.usage);
  return transact(db, async (trx) => {
    const settled = await settleRecord(trx, reservation.id, {
      status: settlement.status,
      charged_requests: settlement.isCharged ? 1 : 0,
      input_tokens: usage.input,
      cached_tokens: usage.cached,
      output_tokens: usage.output,
      reasoning_tokens: usage.reasoning,
      is_exact: usage.isExact ? 1 : 0,
      first_byte_ms: settlement.firstByteMs ?? null,
      total_ms: settlement.totalMs ?? null,
      provider_request_id: settlement.providerRequestId?.slice(0, requestIdLength) ?? null,
      error_code: settlement.errorCode ?? null,
      settled_at: now,
      ...(settlement.provider === undefined ? {} : { provider: settlement.provider }),
      ...(settlement.model === undefined ? {} : { model: settlement.model.slice(0, modelLength) }),
    });
    if (settled && !settlement.isCharged) await uncountRequest(trx, reservation.licenseId, { month: reservation.monthStart, hour: reservation.hourStart }, now);
    return settled;
  }, 'unsynced');
}
