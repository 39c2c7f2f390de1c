import type { Db } from '../db/database.ts';
import { limitsOf, type Limits } from './limits.rules.ts';
import { findTermsRow, type TermsRow } from './usage.store.ts';

/** On what terms a licence may ask AI models. Undefined: no such limit. */
export type AiTerms = {
  limits: Limits;
  /** Names of models; a trailing `*` stands for the rest. */
  allowedModels: string[] | undefined;
  maxInputTokens: number | undefined;
  maxOutputTokens: number | undefined;
  /** Whether requests on the customer's own provider keys count. */
  ownKeysUseQuota: boolean;
  hasOwnKeys: boolean;
};

const made = new Map<string, AiTerms>();
const termsKept = 1_000;

/** The terms of a licence as its plan, its own limits and its owner's budget make them: made once for each that differs. Throws for a licence that has vanished. */
export async function aiTermsOf(db: Db, licenseId: string): Promise<AiTerms> {
  const row = await findTermsRow(db, licenseId);
  if (!row) throw new Error('the licence has vanished');
  const key = JSON.stringify(row);
  let terms = made.get(key);
  if (!terms) {
    if (made.size >= termsKept) made.clear();
    terms = termsOf(row);
    made.set(key, terms);
  }
  return terms;
}

function termsOf(row: TermsRow): AiTerms {
  return {
    limits: limitsOf(row),
    allowedModels: row.allowed_models === null ? undefined : (JSON.parse(row.allowed_models) as string[]),
    maxInputTokens: row.max_input_tokens ?? undefined,
    maxOutputTokens: row.max_output_tokens ?? undefined,
    ownKeysUseQuota: row.own_keys_use_quota === 1,
    hasOwnKeys: row.own_keys > 0,
  };
}
