import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SendMailOptions } from 'nodemailer';
import type { Config } from '../config.ts';

const timeoutMs = 20_000;
/** Loaded with the first message: it takes a tenth of the time of a start. */
const nodemailer = () => import('nodemailer');

/** `isRefused`: the mail server said no for good; sending again would not help. The message holds no address. */
export class MailError extends Error {
  override name = 'MailError';
  readonly isRefused: boolean;
  constructor(message: string, isRefused: boolean, options: ErrorOptions) {
    super(message, options);
    this.isRefused = isRefused;
  }
}

/** Hands a message to the mail server of SMTP_URL, or without one writes it as `outbox/FILE.eml` into the data directory. Throws MailError. */
export async function deliverMail(config: Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'dataDir'>, file: string, message: SendMailOptions): Promise<void> {
  const safe: SendMailOptions = { from: config.MAIL_FROM, disableFileAccess: true, disableUrlAccess: true, ...message };
  if (config.SMTP_URL === undefined) return writeToOutbox(config.dataDir, file, safe);
  const { createTransport } = await nodemailer();
  const transport = createTransport({ url: config.SMTP_URL, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs });
  try {
    await transport.sendMail(safe);
  } catch (error) {
    const { code = 'unknown', responseCode } = error as { code?: string; responseCode?: number };
    const isRefused = code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 500;
    throw new MailError(`The mail server did not take the message (${code}${responseCode === undefined ? '' : `, ${responseCode}`}). Check SMTP_URL and the address.`, isRefused, { cause: error });
  } finally {
    transport.close();
  }
}

/** A file that is there is complete: it is written beside its place and moved. Readable by the owner only, since it holds keys. */
async function writeToOutbox(dataDir: string, file: string, message: SendMailOptions): Promise<void> {
  const { createTransport } = await nodemailer();
  const { message: content } = await createTransport({ streamTransport: true, buffer: true, newline: 'unix' }).sendMail(message);
  const directory = path.join(dataDir, 'outbox');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const target = path.join(directory, `${file}.eml`);
  const draft = `${target}.part`;
  writeFileSync(draft, content as Buffer, { mode: 0o600, flush: true });
  renameSync(draft, target);
}
