import type { Db } from '../db/database.ts';
import { batchedWrite } from './batched-writes.ts';
import { adjustAmounts } from './counters.store.ts';
import { noAmounts, type Amounts } from './limits.rules.ts';
import { countersOf, type Reservation } from './reserve-usage.ts';
import { saneUsage, type MeteredUsage } from './token-usage.rules.ts';
import { settleRecord } from './usage.store.ts';

/** How a request ended. `aborted`: the client left. `swept`: its process died and nobody knows. */
export type Settlement = {
  status: 'completed' | 'failed' | 'aborted' | 'swept';
  /** Whether it takes anything of the quotas: one request, its tokens and its cost. */
  isCharged: boolean;
  usage: MeteredUsage;
  /** What it cost at the provider, in micro-cents of a US dollar, and by which version of the price table. */
  costMicrocents?: number | undefined;
  priceVersion?: string | undefined;
  /** Who answered at last, where it is not who was to be asked at first; the model as the provider names it. */
  provider?: string | undefined;
  model?: string | undefined;
  keySource?: 'managed' | 'own' | undefined;
  serviceTier?: string | undefined;
  /** Answered from the cache. */
  isCached?: boolean | undefined;
  firstByteMs?: number | undefined;
  totalMs?: number | undefined;
  providerRequestId?: string | undefined;
  errorCode?: string | undefined;
};

const modelLength = 120;
const requestIdLength = 190;
const serviceTierLength = 32;

/**
 * Ends a reservation: the ledger row gets its outcome, and the counters what was used instead of what was reserved. More than was reserved
 * is charged too. May be repeated: only the first settlement counts, the others return false.
 */
export function settleUsage(db: Db, reservation: Reservation, settlement: Settlement, now: number): Promise<boolean> {
  const usage = saneUsage(settlement.usage);
  const { reserved } = reservation;
  const costMicrocents = settlement.costMicrocents ?? 0;
  // A reservation of no request (a customer's own key) takes nothing of the quotas.
  const charged: Amounts = settlement.isCharged && reserved.requests > 0 ? { requests: reserved.requests, tokens: usage.input + usage.output, cost: costMicrocents } : noAmounts;
  const difference = { requests: charged.requests - reserved.requests, tokens: charged.tokens - reserved.tokens, cost: charged.cost - reserved.cost };
  const outcome = {
    status: settlement.status,
    provider: settlement.provider ?? reservation.provider,
    model: (settlement.model ?? reservation.model).slice(0, modelLength),
    key_source: settlement.keySource ?? reservation.keySource,
    service_tier: settlement.serviceTier?.slice(0, serviceTierLength) ?? null,
    charged_requests: charged.requests,
    charged_tokens: charged.tokens,
    charged_cost_microcents: charged.cost,
    input_tokens: usage.input,
    cached_tokens: usage.cached,
    cache_write_tokens: usage.cacheWrite,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    characters: usage.characters,
    audio_ms: usage.audioMs,
    cost_microcents: costMicrocents,
    price_version: settlement.priceVersion ?? null,
    is_exact: usage.isExact ? 1 : 0,
    is_cached: settlement.isCached === true ? 1 : 0,
    first_byte_ms: settlement.firstByteMs ?? null,
    total_ms: settlement.totalMs ?? null,
    provider_request_id: settlement.providerRequestId?.slice(0, requestIdLength) ?? null,
    error_code: settlement.errorCode ?? null,
    settled_at: now,
  };
  return batchedWrite(db, reservation.licenseId, async (trx) => {
    const settled = await settleRecord(trx, reservation.id, outcome);
    if (settled && Object.values(difference).some((amount) => amount !== 0)) {
      for (const counter of countersOf(reservation)) await adjustAmounts(trx, counter, difference, reservation.windows, now);
    }
    return settled;
  });
}
