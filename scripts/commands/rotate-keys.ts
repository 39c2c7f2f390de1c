import type { Command } from 'commander';
import { dropAnswersUnderOldKeys } from '../../server/ai/cache/response-cache.ts';
import { resealProviderKeys } from '../../server/ai/own-keys/seal-provider-key.ts';
import { resealPrompts } from '../../server/ai/settings/seal-prompt.ts';
import { resealAiProviders } from '../../server/ai/catalog/reseal-ai-providers.ts';
import { resealAnswers } from '../../server/idempotency/answer-once.ts';
import { resealImportLines } from '../../server/imports/import-lines.ts';
import { countKeysToReseal, resealLicenseKeys } from '../../server/licenses/reseal-keys.ts';
import type { Db } from '../../server/db/database.ts';
import { resealTotp } from '../../server/users/totp.ts';
import { resealLookupKey, type Vault } from '../../server/vault.ts';
import { resealWebhookSecrets } from '../../server/webhooks/endpoint-secrets.ts';
import { command, print, wholeNumber, withServer } from './command.ts';

const explanation = `
Before: put a new key first in ENCRYPTION_KEYS and keep the old one behind it, as NEW:BASE64,OLD:BASE64
(openssl rand -base64 32 makes one; a server without ENCRYPTION_KEYS keeps its own in DATA_DIR/secrets.json),
and restart every server. After: take the old key out and restart again.
It may be interrupted and run again; it goes on where it stopped.`;

/** Every table that holds sealed secrets; each is resealed by batches until nothing is left under another key. */
const sealed: { name: string; words: string; reseal: (db: Db, vault: Vault, limit: number) => Promise<number> }[] = [
  { name: 'licenses', words: 'licences', reseal: resealLicenseKeys },
  { name: 'answers', words: 'stored answers', reseal: resealAnswers },
  { name: 'provider_keys', words: 'provider keys of customers', reseal: resealProviderKeys },
  { name: 'prompts', words: 'system prompts', reseal: resealPrompts },
  { name: 'cached', words: 'cached answers (deleted)', reseal: dropAnswersUnderOldKeys },
  { name: 'ai_providers', words: 'keys of AI providers', reseal: resealAiProviders },
  { name: 'imports', words: 'parts of files to import', reseal: resealImportLines },
  { name: 'totp', words: 'authenticator secrets', reseal: resealTotp },
  { name: 'webhooks', words: 'webhook secrets', reseal: resealWebhookSecrets },
];

/** `chatello rotate-keys` */
export function rotateKeysCommand(): Command {
  return command('rotate-keys', 'Encrypt every stored secret anew under the first key of ENCRYPTION_KEYS.')
    .option('--batch <number>', 'licences in one transaction', wholeNumber, 200)
    .addHelpText('after', explanation)
    .action(async (options: { json?: boolean; batch: number }) => {
      const batch = Math.max(options.batch, 1);
      const result = await withServer(async ({ db, vault, secrets }) => {
        await resealLookupKey(db, secrets.encryptionKeys);
        const total = await countKeysToReseal(db, vault);
        const counts: Record<string, number> = {};
        for (const { name, words, reseal } of sealed) {
          let count = 0;
          for (let done = await reseal(db, vault, batch); done > 0; done = await reseal(db, vault, batch)) {
            count += done;
            process.stderr.write(`${words}: ${count}${name === 'licenses' ? ` of ${Math.max(total, count)}` : ''}\n`);
          }
          counts[name] = count;
        }
        const unused = secrets.encryptionKeys.map(({ id }) => id).filter((id) => id !== vault.currentKeyId);
        return { key_id: vault.currentKeyId, ...counts, unused_keys: unused };
      });
      const { key_id: keyId, unused_keys: unused, ...counts } = result;
      const advice = unused.length > 0 ? `Nothing is left under ${unused.join(', ')}: take it out of ENCRYPTION_KEYS and restart.` : 'There is no other key to take out. To change the key, see: chatello rotate-keys --help';
      const done = sealed.map(({ name, words }) => `${(counts as Record<string, number>)[name]} ${words}`).join(', ');
      print(options, result, `Everything is under the key ${keyId} (encrypted anew: ${done}).\n${advice}`);
    });
}
