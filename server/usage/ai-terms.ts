import type { Db } from '../db/database.ts';
import { limitsOf, type Limits } from './limits.rules.ts';
import { findTermsRow, type OwnersColumns, type TermsRow } from './usage.store.ts';

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

const made = new WeakMap<Readonly<TermsRow>, AiTerms>();

/** The terms of a licence as its plan, its own limits and its owner's budget make them, and what else its owner has decided. Throws for a licence that has vanished. */
export async function aiTermsOf(db: Db, licenseId: string): Promise<{ terms: AiTerms; owners: OwnersColumns }> {
  const row = await findTermsRow(db, licenseId);
  if (!row) throw new Error('the licence has vanished');
  return { terms: termsOf(row), owners: row };
}

/** Made once for each row that is remembered. */
function termsOf(row: Readonly<TermsRow>): AiTerms {
  let terms = made.get(row);
  if (!terms) {
    terms = {
      limits: limitsOf(row),
      allowedModels: row.allowed_models === null ? undefined : (JSON.parse(row.allowed_models) as string[]),
      maxInputTokens: row.max_input_tokens ?? undefined,
      maxOutputTokens: row.max_output_tokens ?? undefined,
      ownKeysUseQuota: row.own_keys_use_quota === 1,
      hasOwnKeys: row.own_keys > 0,
    };
    made.set(row, terms);
  }
  return terms;
}
