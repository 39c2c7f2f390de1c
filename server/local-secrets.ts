import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { parseConfig, type Config, type EncryptionKey } from './config.ts';

const secretsFile = z.object({ ENCRYPTION_KEYS: z.string(), ADMIN_API_TOKEN: z.string() });

/** The configured secrets, or those this server made for itself. */
export type Secrets = { encryptionKeys: EncryptionKey[]; adminApiToken: string; generated: boolean; file: string };

/**
 * Fills in the secrets that the environment leaves out from `secrets.json` in the data directory, made on the first start and readable
 * by its owner only. Two processes that start together agree on one file, because a link onto an existing name fails. Throws when the
 * file is damaged.
 */
export function loadSecrets(config: Config): Secrets {
  const file = path.join(config.dataDir, 'secrets.json');
  if (config.ENCRYPTION_KEYS && config.ADMIN_API_TOKEN) {
    return { encryptionKeys: config.ENCRYPTION_KEYS, adminApiToken: config.ADMIN_API_TOKEN, generated: false, file };
  }
  const generated = createOnce(file);
  const stored = readStored(file);
  return {
    encryptionKeys: config.ENCRYPTION_KEYS ?? stored.ENCRYPTION_KEYS ?? [],
    adminApiToken: config.ADMIN_API_TOKEN ?? stored.ADMIN_API_TOKEN ?? '',
    generated,
    file,
  };
}

function readStored(file: string): Pick<Config, 'ENCRYPTION_KEYS' | 'ADMIN_API_TOKEN'> {
  const text = readFileSync(file, 'utf8');
  try {
    return parseConfig(secretsFile.parse(JSON.parse(text)));
  } catch {
    // What the parsers say may quote the file, so nothing of it is passed on.
    throw new Error(`${file} is damaged: it must be JSON with ENCRYPTION_KEYS and ADMIN_API_TOKEN as this server wrote them. Put your copy of it back; without the right keys no licence key can be read.`);
  }
}

function createOnce(file: string): boolean {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const secrets = {
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    ADMIN_API_TOKEN: `cha_admin_${randomBytes(32).toString('base64url')}`,
  };
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'w', flush: true });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
