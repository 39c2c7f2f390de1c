import { AppError } from '../../errors.ts';
import type { Vault } from '../../vault.ts';

/** The text that is kept of the rules that a site has given to one of its visitors: `KEYID:BASE64`. */
export function sealSitePrompt(vault: Vault, digest: Uint8Array, prompt: string): string {
  const { keyId, cipher } = vault.seal(prompt, promptAad(digest));
  return `${keyId}:${Buffer.from(cipher).toString('base64')}`;
}

/**
 * The rules of what is kept. Throws VISITOR_TOKEN_INVALID where the key is gone: a token lives ten minutes at most, so its rules are never
 * sealed anew, and a page simply asks for a new token.
 */
export function openSitePrompt(vault: Vault, digest: Uint8Array, sealed: string): string {
  const [keyId = '', cipher = ''] = sealed.split(':');
  try {
    return vault.open({ keyId, cipher: Buffer.from(cipher, 'base64') }, promptAad(digest));
  } catch (error) {
    throw new AppError('VISITOR_TOKEN_INVALID', 'This visitor token is not known. Ask your site for a new one.', { field: 'headers.authorization', cause: error });
  }
}

function promptAad(digest: Uint8Array): string {
  return `visitor_tokens.system_prompt.${Buffer.from(digest).toString('hex')}`;
}
