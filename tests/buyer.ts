import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { visitor, type Visitor } from './admin-client.ts';
import { work } from './deliveries.ts';
import type { TestApp } from './harness.ts';

/** The messages in the outbox folder, decoded well enough to be searched, oldest first. */
export function outbox({ deps }: Pick<TestApp, 'deps'>): { to: string; replyTo: string; subject: string; text: string }[] {
  const directory = path.join(deps.config.dataDir, 'outbox');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((file) => file.endsWith('.eml')).sort().map((file) => {
    const source = readFileSync(path.join(directory, file), 'utf8').replaceAll('\r\n', '\n');
    const header = (name: string) => new RegExp(`^${name}: (.*(?:\n[ \t].*)*)`, 'm').exec(source)?.[1]?.replace(/\n[ \t]+/g, ' ') ?? '';
    const boundary = /boundary="([^"]+)"/.exec(source)?.[1] ?? '';
    const [head = '', ...body] = (source.split(`--${boundary}`).find((part) => part.includes('text/plain')) ?? '').trim().split('\n\n');
    const content = body.join('\n\n');
    const text = head.includes('base64') ? Buffer.from(content, 'base64').toString('utf8') : head.includes('quoted-printable') ? Buffer.from(content.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8') : content;
    return { to: header('To'), replyTo: header('Reply-To'), subject: header('Subject'), text };
  });
}

/** The address of the newest sign-in link that was sent to somebody, without the host. */
export function linkSentTo(app: TestApp, email: string): string {
  const mail = outbox(app).findLast(({ to, text }) => to === email && text.includes('/account/link/'));
  const link = /\/account\/link\/[\w-]{43}/.exec(mail?.text ?? '')?.[0];
  assert.ok(link, `no link was sent to ${email}`);
  return link;
}

/** Signs a buyer in as a person does: address, e-mail, link, button. */
export async function signIn(app: TestApp, email: string, buyer: Visitor = visitor(app.api)): Promise<Visitor> {
  await buyer.get('/account/sign-in');
  assert.equal((await buyer.post('/account/sign-in', { email })).headers['location'], '/account/sign-in?sent=1');
  await work(app);
  const link = linkSentTo(app, email);
  assert.equal((await buyer.get(link)).status, 200);
  assert.equal((await buyer.post(link)).headers['location'], '/account');
  await buyer.get('/account');
  return buyer;
}
