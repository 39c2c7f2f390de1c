import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { passwordRoles, type Role } from './access/access.rules.ts';
import { parseAllowedHost } from './http/public-address.rules.ts';
import { plainIssue } from './plain-issue.ts';

const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== ''));
const port = z.coerce.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).transform((url) => url.replace(/\/+$/, ''));

const modelName = z.string().max(120, 'must be at most 120 characters');
const timeoutMs = z.coerce.number().int().min(1).max(3_600_000, 'must be at most an hour, in milliseconds');

/** `id:base64` pairs, newest first. AES-256 needs 32 bytes. */
const encryptionKeys = list.transform((pairs, ctx) => {
  const keys = pairs.map((pair) => {
    const [id = '', encoded = ''] = pair.split(/:(.*)/s);
    const key = Buffer.from(encoded, 'base64');
    if (!/^[a-z0-9_-]{1,32}$/i.test(id) || key.length !== 32) {
      ctx.addIssue({ code: 'custom', message: 'each key must be ID:BASE64 with 32 bytes (make one with: openssl rand -base64 32)' });
    }
    return { id, key };
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) ctx.addIssue({ code: 'custom', message: 'two keys have the same id' });
  return keys;
});

const trustProxy = z.string().transform((text, ctx) => {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  if (text === 'true') ctx.addIssue({ code: 'custom', message: 'must be a number of proxies or a list of addresses; "true" would let every client choose its own address' });
  return text === 'false' ? 0 : text.split(',').map((part) => part.trim());
});

/** Days before the end of a licence. */
const reminderDays = list.transform((days, ctx) => {
  const counts = [...new Set(days.map(Number))].sort((a, b) => b - a);
  if (counts.length === 0 || counts.length > 5 || counts.some((days) => !Number.isInteger(days) || days < 1 || days > 30)) ctx.addIssue({ code: 'custom', message: 'must be one to five numbers of days from 1 to 30, like 30,7,1' });
  return counts;
});

/** Whose accounts need an authenticator app: `true` means superadmins, `false` nobody. */
const rolesWithApp = list.transform((words, ctx): Role[] => {
  const names = words.length === 1 && words[0] === 'true' ? ['superadmin'] : words.length === 1 && words[0] === 'false' ? [] : words;
  if (names.some((name) => !passwordRoles.some((role) => role === name))) ctx.addIssue({ code: 'custom', message: `must be true (superadmins), false (nobody) or a list of ${passwordRoles.join(', ')}` });
  return passwordRoles.filter((role) => names.includes(role));
});

const allowedHosts = list.transform((hosts, ctx) =>
  hosts.flatMap((text) => {
    const host = parseAllowedHost(text);
    if (!host || (host.port ?? 0) > 65_535) ctx.addIssue({ code: 'custom', message: 'must be names or addresses, each with or without a port, like 10.0.0.5:11434,ollama.lan' });
    return host ?? [];
  }),
);

const environment = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().optional(),
  PORT: port.default(5010),
  ADMIN_PORT: port.default(5012),
  PUBLIC_URL: httpUrl.optional(),
  DATA_DIR: z.string().default('data'),
  PROCESSES: z.coerce.number().int('must be a whole number').min(1).max(64, 'must be at most 64').default(1),
  DATABASE_URL: z
    .string()
    .refine((url) => /^(mysql|mariadb):\/\//.test(url) || url.startsWith('sqlite:'), 'must begin with mysql:// or sqlite: (leave it out for the embedded database)')
    .optional(),
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  TRUST_PROXY: trustProxy.default(0),
  ALLOWED_PRIVATE_HOSTS: allowedHosts.default([]),
  SMTP_URL: z.string().regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://').optional(),
  MAIL_FROM: z.string().max(200, 'must be at most 200 characters').regex(/^\P{Cc}*@\P{Cc}*$/u, 'must hold an e-mail address, like Chatello <no-reply@example.com>').default('Chatello <no-reply@localhost>'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: httpUrl.default('https://api.openai.com/v1'),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: httpUrl.default('https://api.anthropic.com'),
  DEEPSEEK_API_KEY: z.string().optional(),
  DEEPSEEK_BASE_URL: httpUrl.default('https://api.deepseek.com'),
  OPENAI_COMPATIBLE_API_KEY: z.string().optional(),
  OPENAI_COMPATIBLE_BASE_URL: httpUrl.optional(),
  OPENAI_MODEL: modelName.default('gpt-5.4-mini'),
  ANTHROPIC_MODEL: modelName.default('claude-haiku-5-5'),
  DEEPSEEK_MODEL: modelName.default('deepseek-v4-flash'),
  OPENAI_COMPATIBLE_MODEL: modelName.optional(),
  AI_FIRST_BYTE_TIMEOUT_MS: timeoutMs.default(60_000),
  AI_IDLE_TIMEOUT_MS: timeoutMs.default(60_000),
  AI_MAX_DURATION_MS: timeoutMs.default(600_000),
  AI_MODERATION_URL: httpUrl.optional(),
  AI_MODERATION_TIMEOUT_MS: timeoutMs.default(3_000),
  AI_MODERATION_FAIL_OPEN: z.enum(['true', 'false'], 'must be true or false').default('false').transform((text) => text === 'true'),
  PADDLE_WEBHOOK_SECRETS: list.default([]),
  PADDLE_API_KEY: z.string().optional(),
  PADDLE_BASE_URL: httpUrl.optional(),
  PADDLE_CLIENT_TOKEN: z.string().regex(/^(test|live)_\w{10,100}$/, 'must be a client-side token of Paddle, which begins with test_ or live_').optional(),
  PADDLE_ENVIRONMENT: z.enum(['production', 'sandbox']).default('production'),
  SHOP_URL: httpUrl.optional(),
  WOOCOMMERCE_URL: httpUrl.optional(),
  WOOCOMMERCE_CONSUMER_KEY: z.string().optional(),
  WOOCOMMERCE_CONSUMER_SECRET: z.string().optional(),
  WOOCOMMERCE_WEBHOOK_SECRETS: list.default([]),
  STRIPE_WEBHOOK_SECRETS: list.default([]),
  STRIPE_API_KEY: z.string().optional(),
  STRIPE_BASE_URL: httpUrl.default('https://api.stripe.com'),
  WEBHOOK_TOLERANCE_SECONDS: z.coerce.number().int('must be a whole number of seconds').min(30, 'must be 30 or more seconds').max(3_600, 'must be at most 3600 seconds').default(300),
  SUBSCRIPTION_GRACE_DAYS: z.coerce.number().int('must be a whole number of days').min(0, 'must be 0 or more days').max(60, 'must be at most 60 days').default(7),
  OPERATOR_EMAIL: z.email('must be an e-mail address').optional(),
  VENDOR_NAME: z.string().trim().min(1, 'is required').max(80, 'must be at most 80 characters').regex(/^\P{Cc}*$/u, 'must be one line').default('Chatello'),
  SUPPORT_EMAIL: z.email('must be an e-mail address').optional(),
  DEFAULT_LANGUAGE: z.enum(['en', 'it'], 'must be en or it').default('en'),
  REMINDER_DAYS: reminderDays.default([30, 7, 1]),
  WEBHOOK_RETENTION_DAYS: z.coerce.number().int('must be a whole number of days').min(7, 'must be at least 7 days').max(3_650, 'must be at most 3650 days').default(90),
  REQUIRE_TOTP: rolesWithApp.optional(),
  ADMIN_API_TOKEN: z.string().min(24, 'must be at least 24 characters').optional(),
});

/** The names of all variables that are read. */
export const configVariables = Object.keys(environment.shape);

type Environment = z.output<typeof environment>;
export type EncryptionKey = { id: string; key: Buffer };

/** The whole configuration, checked; nothing else reads process.env. */
export type Config = Omit<Environment, 'REQUIRE_TOTP'> & {
  /** Where this server is reached from outside; PUBLIC_URL or the local address. */
  publicUrl: string;
  dataDir: string;
  /** The variables that were given; a setting of this name cannot be changed at run time. */
  given: ReadonlySet<string>;
  /** Whose accounts need an authenticator app: when nothing is said, in production those of superadmins. */
  REQUIRE_TOTP: Role[];
};

/** The variables that may also be set at run time (server/settings); what the environment says wins. */
export const settingNames = ['VENDOR_NAME', 'SUPPORT_EMAIL', 'MAIL_FROM', 'DEFAULT_LANGUAGE', 'OPERATOR_EMAIL', 'SUBSCRIPTION_GRACE_DAYS', 'REMINDER_DAYS', 'SHOP_URL', 'WEBHOOK_RETENTION_DAYS', 'REQUIRE_TOTP'] as const;
export type SettingName = (typeof settingNames)[number];

/** Parses the text of one setting as the variable of its name is parsed; an empty text is its default. `problem` is a sentence without a subject. */
export function parseSetting({ NODE_ENV }: Pick<Config, 'NODE_ENV'>, name: SettingName, text: string): { value: Config[SettingName] } | { problem: string } {
  const result = environment.shape[name].safeParse(text.trim() === '' ? undefined : text, { error: plainIssue });
  if (result.success && name === 'REQUIRE_TOTP') return { value: result.data ?? rolesWithAppByDefault(NODE_ENV) };
  return result.success ? { value: result.data } : { problem: result.error.issues[0]?.message ?? 'is not valid' };
}

/** The text of a value, from which parseSetting makes the same value. */
export function settingText(value: Config[SettingName]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'false' : value.join(', ');
  return value === undefined ? '' : String(value);
}

function rolesWithAppByDefault(environment: Environment['NODE_ENV']): Role[] {
  return environment === 'production' ? ['superadmin'] : [];
}

/** Lists every mistake in the configuration at once. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`The configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads `.env` of the working directory (if there is one) and the environment, which wins. Throws ConfigError. */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return parseConfig(process.env);
}

/** Parses variables into a Config. An empty variable counts as absent. Throws ConfigError that names every mistake. */
export function parseConfig(variables: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const result = environment.safeParse(present, { error: plainIssue });
  const problems = result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const woo = ['WOOCOMMERCE_URL', 'WOOCOMMERCE_CONSUMER_KEY', 'WOOCOMMERCE_CONSUMER_SECRET'].filter((name) => name in present);
  if (woo.length > 0 && woo.length < 3) problems.push(`WOOCOMMERCE_URL, WOOCOMMERCE_CONSUMER_KEY and WOOCOMMERCE_CONSUMER_SECRET go together; only ${woo.join(' and ')} is set`);
  if ('OPENAI_COMPATIBLE_API_KEY' in present && !('OPENAI_COMPATIBLE_BASE_URL' in present)) problems.push('OPENAI_COMPATIBLE_API_KEY needs OPENAI_COMPATIBLE_BASE_URL, the address of the server');
  if (result.success && result.data.PADDLE_CLIENT_TOKEN !== undefined && result.data.PADDLE_CLIENT_TOKEN.startsWith('test_') !== (result.data.PADDLE_ENVIRONMENT === 'sandbox')) problems.push('PADDLE_CLIENT_TOKEN and PADDLE_ENVIRONMENT do not fit: tokens of the sandbox begin with test_, those of production with live_');
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  const env = result.data;
  return { ...env, publicUrl: env.PUBLIC_URL ?? `http://localhost:${env.PORT}`, dataDir: path.resolve(env.DATA_DIR), given: new Set(Object.keys(present)), REQUIRE_TOTP: env.REQUIRE_TOTP ?? rolesWithAppByDefault(env.NODE_ENV) };
}
