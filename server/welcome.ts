import type { Config } from './config.ts';
import type { Engine } from './db/database.ts';
import { version } from './version.ts';
import { developmentKey } from './licenses/seed-development-license.ts';
import type { Secrets } from './local-secrets.ts';

export type Welcome = {
  config: Config;
  secrets: Pick<Secrets, 'generated' | 'file'>;
  engine: Engine;
  /** The ports that are really listened on. */
  port: number;
  adminPort: number;
  /** Only when it has just been made: it is shown this once. */
  firstAdmin: { email: string; oneTimePassword: string } | undefined;
};

/** The start-up text: where everything is and what to do first. Names the files of secrets, never what is in them. */
export function welcomeText({ config, secrets, engine, port, adminPort, firstAdmin }: Welcome): string {
  const api = config.PUBLIC_URL ?? `http://localhost:${port}`;
  const isProduction = config.NODE_ENV === 'production';
  const hasProvider = [config.OPENAI_API_KEY, config.ANTHROPIC_API_KEY, config.DEEPSEEK_API_KEY, config.OPENAI_COMPATIBLE_BASE_URL].some((value) => value !== undefined);
  const rows: [name: string, text: string][] = [
    ['API', api],
    ['Docs', `${api}/docs`],
    ['Dashboard', `http://localhost:${adminPort}   (from elsewhere: ssh -L ${adminPort}:127.0.0.1:${adminPort} your-server)`],
    ['Data', config.dataDir],
    ['Database', engine === 'mariadb' ? `MariaDB, ${databasePlace(config.DATABASE_URL)}` : `SQLite, ${config.DATABASE_URL?.slice('sqlite:'.length) ?? `${config.dataDir}/chatello.sqlite`}`],
  ];
  if (secrets.generated) rows.push(['Secrets', `made just now and written to ${secrets.file}; keep a copy, the keys cannot be read without it`]);
  if (!hasProvider) rows.push(['AI', 'no provider key is set: answers come from the built-in demo provider']);
  if (config.SMTP_URL === undefined) rows.push(['E-mail', `no SMTP_URL is set: messages are written to ${config.dataDir}/outbox`]);
  const parts = [`Chatello ${version} is running.`, table(rows)];
  if (firstAdmin) parts.push(`Sign in to the dashboard with this one-time password; it is not shown again:\n\n${table([['E-mail', firstAdmin.email], ['Password', firstAdmin.oneTimePassword]])}`);
  if (!isProduction) parts.push(`Try it:\n\n  curl -X POST http://localhost:${port}/api/validate -H 'X-License-Key: ${developmentKey}' -H 'Content-Type: application/json' -d '{"domain":"shop.example.com"}'`);
  return `\n${parts.join('\n\n')}\n\n`;
}

function table(rows: [name: string, text: string][]): string {
  return rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`).join('\n');
}

/** Host and name of the database, without user and password. */
function databasePlace(url = ''): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.host}${parsed.pathname}` : '';
}
