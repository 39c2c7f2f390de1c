import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import type { Config } from '../../server/config.ts';
import { errorText } from '../../server/errors.ts';
import type { Finding } from './command.ts';

const networkTimeoutMs = 5_000;
const smallestNodeMajor = 24;

/** Which Node runs this. */
export function checkNode(): Finding[] {
  const isNewEnough = Number(process.versions.node.split('.')[0]) >= smallestNodeMajor;
  return [{ check: 'node', status: isNewEnough ? 'ok' : 'fail', detail: `Node ${process.versions.node}`, ...(isNewEnough ? {} : { advice: 'Use Node 24 or newer; npm start brings it along.' }) }];
}

/** What the configuration says, and what production needs besides. */
export function checkConfiguration({ NODE_ENV, PUBLIC_URL, ENCRYPTION_KEYS, dataDir }: Config): Finding[] {
  const findings: Finding[] = [{ check: 'configuration', status: 'ok', detail: `no mistakes, NODE_ENV is ${NODE_ENV}` }];
  if (NODE_ENV === 'production' && !PUBLIC_URL?.startsWith('https://')) {
    findings.push({ check: 'public address', status: 'warn', detail: PUBLIC_URL === undefined ? 'PUBLIC_URL is not set' : 'PUBLIC_URL is not https', advice: 'Set PUBLIC_URL to the https:// address under which customers reach this server.' });
  }
  if (ENCRYPTION_KEYS === undefined) {
    findings.push({ check: 'secrets', status: 'ok', detail: `this server's own, in ${path.join(dataDir, 'secrets.json')}; keep a copy of that file: without it no licence key can be shown again` });
  }
  return findings;
}

/** Whether the data directory can be written by this user, and read by nobody else. */
export function checkDataDirectory({ dataDir }: Config): Finding[] {
  const check = 'data directory';
  if (!existsSync(dataDir)) return [{ check, status: 'warn', detail: `${dataDir} does not exist yet`, advice: 'npm start makes it.' }];
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return [{ check, status: 'fail', detail: errorText(error), advice: `Give ${dataDir} to the user that runs the server.` }];
  }
  const open = ['', 'secrets.json', 'chatello.sqlite'].map((name) => path.join(dataDir, name)).filter((file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0);
  if (open.length === 0) return [{ check, status: 'ok', detail: `${dataDir}, private` }];
  return [{ check, status: 'fail', detail: `other users may read ${open.join(', ')}`, advice: `chmod go= ${open.join(' ')}` }];
}

/** Whether the mail server takes us. */
export async function checkMail({ SMTP_URL, NODE_ENV, dataDir }: Config): Promise<Finding[]> {
  const check = 'mail';
  if (SMTP_URL === undefined) {
    const detail = `no mail server: e-mails land as files in ${path.join(dataDir, 'outbox')}`;
    return [NODE_ENV === 'production' ? { check, status: 'warn', detail, advice: 'Set SMTP_URL and MAIL_FROM, or buyers get no key.' } : { check, status: 'ok', detail }];
  }
  const host = new URL(SMTP_URL).host;
  const transport = createTransport({ url: SMTP_URL, connectionTimeout: networkTimeoutMs, greetingTimeout: networkTimeoutMs, socketTimeout: networkTimeoutMs });
  try {
    await transport.verify();
    return [{ check, status: 'ok', detail: `${host} takes our mail` }];
  } catch (error) {
    return [{ check, status: 'fail', detail: `${host}: ${errorText(error)}`, advice: 'Check host, port, user and password in SMTP_URL (smtps:// for port 465).' }];
  } finally {
    transport.close();
  }
}

/** Whether the AI providers with a key can be reached. */
export async function checkProviders(config: Config): Promise<Finding[]> {
  const providers = [
    { name: 'OpenAI', key: config.OPENAI_API_KEY, url: config.OPENAI_BASE_URL, variable: 'OPENAI_BASE_URL' },
    { name: 'Anthropic', key: config.ANTHROPIC_API_KEY, url: config.ANTHROPIC_BASE_URL, variable: 'ANTHROPIC_BASE_URL' },
    { name: 'DeepSeek', key: config.DEEPSEEK_API_KEY, url: config.DEEPSEEK_BASE_URL, variable: 'DEEPSEEK_BASE_URL' },
    // A server of one's own may need no key.
    { name: 'OpenAI-compatible', key: config.OPENAI_COMPATIBLE_API_KEY ?? config.OPENAI_COMPATIBLE_BASE_URL, url: config.OPENAI_COMPATIBLE_BASE_URL, variable: 'OPENAI_COMPATIBLE_BASE_URL' },
  ].filter(({ key }) => key !== undefined);
  if (providers.length === 0) {
    return [{ check: 'AI providers', status: 'warn', detail: 'none is set in the environment: those of the dashboard answer, or the built-in demo while there are none', advice: 'Set OPENAI_API_KEY, ANTHROPIC_API_KEY, DEEPSEEK_API_KEY or OPENAI_COMPATIBLE_BASE_URL, or add one under Providers in the dashboard, which also tests it.' }];
  }
  return Promise.all(providers.map(({ name, url, variable }) => checkProvider(name, url, variable)));
}

async function checkProvider(name: string, url: string | undefined, variable: string): Promise<Finding> {
  const check = 'AI providers';
  if (url === undefined) return { check, status: 'fail', detail: `${name} has a key and no address`, advice: `Set ${variable}.` };
  try {
    // Any answer will do: without a call that costs money this shows only that the way there is open.
    const { status } = await fetch(url, { method: 'GET', redirect: 'manual', signal: AbortSignal.timeout(networkTimeoutMs) });
    return { check, status: 'ok', detail: `${name} answers at ${url} (HTTP ${status})` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { check, status: 'fail', detail: `${name} does not answer at ${url}: ${errorText(cause) || 'no connection'}`, advice: `Check ${variable} and whether this machine may reach it.` };
  }
}

/** Whether purchases can come in. */
export function checkWebhooks({ PADDLE_WEBHOOK_SECRETS, WOOCOMMERCE_WEBHOOK_SECRETS, WOOCOMMERCE_URL }: Config): Finding[] {
  const check = 'webhooks';
  const shops = [PADDLE_WEBHOOK_SECRETS.length > 0 ? 'Paddle' : '', WOOCOMMERCE_WEBHOOK_SECRETS.length > 0 ? 'WooCommerce' : ''].filter((name) => name !== '');
  if (shops.length === 0) return [{ check, status: 'warn', detail: 'no secret is set: purchases are refused', advice: 'Set PADDLE_WEBHOOK_SECRETS or WOOCOMMERCE_WEBHOOK_SECRETS to the secret that the shop shows.' }];
  const findings: Finding[] = [{ check, status: 'ok', detail: `secrets are set for ${shops.join(' and ')}` }];
  if (shops.includes('WooCommerce') && WOOCOMMERCE_URL === undefined) {
    findings.push({ check, status: 'warn', detail: 'keys are not written back to WooCommerce orders', advice: 'Set WOOCOMMERCE_URL, WOOCOMMERCE_CONSUMER_KEY and WOOCOMMERCE_CONSUMER_SECRET.' });
  }
  return findings;
}
