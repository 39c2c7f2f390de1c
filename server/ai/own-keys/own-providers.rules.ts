import { z } from 'zod';

/** Providers at which a customer may have an account. */
export const ownProviderNames = ['openai', 'anthropic', 'deepseek', 'openai-compatible'] as const;
export type OwnProviderName = (typeof ownProviderNames)[number];

/** `title` is for people, `baseUrl` where the provider is reached unless the customer says otherwise. */
type OwnProvider = { title: string; protocol: 'openai' | 'anthropic'; baseUrl: string | undefined };

// The operator's addresses do not count here: they may lead to a gateway that is no business of a customer's key.
export const ownProviders: Record<OwnProviderName, OwnProvider> = {
  openai: { title: 'OpenAI', protocol: 'openai', baseUrl: 'https://api.openai.com/v1' },
  anthropic: { title: 'Anthropic', protocol: 'anthropic', baseUrl: 'https://api.anthropic.com' },
  deepseek: { title: 'DeepSeek', protocol: 'openai', baseUrl: 'https://api.deepseek.com' },
  'openai-compatible': { title: 'The OpenAI-compatible server', protocol: 'openai', baseUrl: undefined },
};

/** A key as it fits into a header; what was pasted around it is taken off. */
export const apiKeyText = z.string().trim().regex(/^[\x21-\x7e]{1,500}$/, 'must be 1 to 500 characters without spaces, as the provider shows it');

const anthropicVersion = '2023-06-01';
const hintCharacters = 4;
const longEnoughForHint = 12;

/** The last characters of a key, for its owner to recognise it; nothing of a short one. */
export function keyHint(apiKey: string): string {
  return apiKey.length < longEnoughForHint ? '' : apiKey.slice(-hintCharacters);
}

/** Where the provider's endpoints (`/models`) are, without a slash at the end. Anthropic's address is written without `/v1`, as its SDK has it. */
export function endpointBase(provider: OwnProviderName, baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return ownProviders[provider].protocol === 'anthropic' && !base.endsWith('/v1') ? `${base}/v1` : base;
}

/** The headers by which a provider knows a key. */
export function keyHeaders(provider: OwnProviderName, apiKey: string): Record<string, string> {
  return ownProviders[provider].protocol === 'anthropic' ? { 'x-api-key': apiKey, 'anthropic-version': anthropicVersion } : { authorization: `Bearer ${apiKey}` };
}
