import { z } from 'zod';
import type { Protocol } from '../gateway/wire.rules.ts';

export const providerKinds = ['openai', 'anthropic', 'deepseek', 'openai-compatible'] as const;
/** Whose protocol and whose manners: `openai-compatible` is any other server that speaks OpenAI's protocol. */
export type ProviderKind = (typeof providerKinds)[number];

/** Everything that is needed to ask a provider. */
export type ProviderSettings = {
  /** Unique; as in `name/model` and in the ledger. */
  name: string;
  /** For people. */
  title: string;
  kind: ProviderKind;
  /** Up to the path of the endpoints: `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Undefined: the server wants none. */
  apiKey: string | undefined;
  /** Answers when nobody names a model. */
  defaultModel: string | undefined;
  /** Who has set it up. `customer`: a key of the customer's own, which costs us nothing. */
  source: 'environment' | 'dashboard' | 'customer';
};

/** Names that mean something else in `name/model` or in the list of models. */
const reservedNames = new Set(['demo', 'chatello']);

/** A provider's name: a short slug. */
export const providerName = z
  .string()
  .trim()
  .toLowerCase()
  .max(40, 'error.too_long')
  .regex(/^[a-z][a-z0-9-]*$/, 'error.provider_name')
  .refine((name) => !reservedNames.has(name), 'error.provider_name_reserved');

/** The protocol that providers of a kind speak. */
export function protocolOf(kind: ProviderKind): Protocol {
  return kind === 'anthropic' ? 'anthropic' : 'openai';
}

/** Whether requests to it cost us money, so that its models must have a price. A server that wants no key sends no bill. */
export function needsPrice({ apiKey, source }: Pick<ProviderSettings, 'apiKey' | 'source'>): boolean {
  return apiKey !== undefined && source !== 'customer';
}
