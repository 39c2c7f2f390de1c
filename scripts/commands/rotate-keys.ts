import type { Command } from 'commander';
import { resealProviderKeys } from '../../server/ai/catalog/reseal-provider-keys.ts';
import { resealAnswers } from '../../server/idempotency/answer-once.ts';
import { countKeysToReseal, resealLicenseKeys } from '../../server/licenses/reseal-keys.ts';
import { resealLookupKey } from '../../server/vault.ts';
import { command, print, wholeNumber, withServer } from './command.ts';

const explanation = `
Before: put a new key first in ENCRYPTION_KEYS and keep the old one behind it, as NEW:BASE64,OLD:BASE64
(openssl rand -base64 32 makes one; a server without ENCRYPTION_KEYS keeps its own in DATA_DIR/secrets.json),
and restart every server. After: take the old key out and restart again.
It may be interrupted and run again; it goes on where it stopped.`;

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
        let licenses = 0;
        for (let done = await resealLicenseKeys(db, vault, batch); done > 0; done = await resealLicenseKeys(db, vault, batch)) {
          licenses += done;
          process.stderr.write(`licences: ${licenses} of ${Math.max(total, licenses)}\n`);
        }
        let answers = 0;
        for (let done = await resealAnswers(db, vault, batch); done > 0; done = await resealAnswers(db, vault, batch)) answers += done;
        let providers = 0;
        for (let done = await resealProviderKeys(db, vault, batch); done > 0; done = await resealProviderKeys(db, vault, batch)) providers += done;
        const unused = secrets.encryptionKeys.map(({ id }) => id).filter((id) => id !== vault.currentKeyId);
        return { key_id: vault.currentKeyId, licenses, answers, providers, unused_keys: unused };
      });
      const { key_id: keyId, licenses, answers, providers, unused_keys: unused } = result;
      const advice = unused.length > 0 ? `Nothing is left under ${unused.join(', ')}: take it out of ENCRYPTION_KEYS and restart.` : 'There is no other key to take out. To change the key, see: chatello rotate-keys --help';
      print(options, result, `Everything is under the key ${keyId} (encrypted anew: ${licenses} licences, ${answers} stored answers, the keys of ${providers} AI providers).\n${advice}`);
    });
}
