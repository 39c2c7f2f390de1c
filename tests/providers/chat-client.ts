import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Selectable } from 'kysely';
import { chatsSettled } from '../../server/ai/running-chats.ts';
import type { Schema } from '../../server/db/schema.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import type { TestApp } from '../harness.ts';

export const question = [{ role: 'user', content: 'Which shoes go with rain?' }];

type Listening = { url: string; close: () => Promise<void> };

/** The app on a real port, for streams and for clients that leave. */
export async function listen(app: TestApp): Promise<Listening> {
  const server = createServer(app.api);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function postChat(url: string, body: Record<string, unknown>, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${url}/api/chat`, { method: 'POST', signal, headers: { 'Content-Type': 'application/json', 'X-License-Key': developmentKey }, body: JSON.stringify({ messages: question, ...body }) });
}

export type ChatEvent = {
  delta?: { content?: string };
  finish_reason?: string;
  usage?: Record<string, unknown>;
  quota?: Record<string, unknown>;
  error?: { code: string; message: string; request_id: string };
};
export type ReadStream = { events: ChatEvent[]; text: string; isDone: boolean };

/** The events of a finished stream; `isDone` when it ended with `[DONE]`. */
export function parseEvents(body: string): ReadStream {
  const lines = body.split('\n\n').filter((block) => block !== '').map((block) => block.replace(/^data: /, ''));
  const events = lines.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as ChatEvent);
  return { events, text: events.map(({ delta }) => delta?.content ?? '').join(''), isDone: lines.at(-1) === '[DONE]' };
}

export type LedgerRow = Selectable<Schema['usage_records']>;

/** The ledger, oldest row first, when every chat under way in this process has been settled. */
export async function ledger({ deps }: TestApp): Promise<LedgerRow[]> {
  await chatsSettled(deps.db);
  return deps.db.selectFrom('usage_records').selectAll().orderBy('created_at').orderBy('id').execute();
}

export async function lastRow(app: TestApp): Promise<LedgerRow> {
  const row = (await ledger(app)).at(-1);
  if (!row) throw new Error('the ledger is empty');
  return row;
}

/** Requests counted in the running windows of the one licence that is used, and what the ledger says of the same windows. */
export async function counted(app: TestApp): Promise<{ month: number; hour: number; ledgerMonth: number; ledgerHour: number; reserved: number }> {
  const rows = await ledger(app);
  const counter = await app.deps.db.selectFrom('quota_counters').selectAll().where('scope', '=', '').executeTakeFirstOrThrow();
  const sum = (filter: (row: LedgerRow) => boolean) => rows.filter(filter).reduce((total, row) => total + row.charged_requests, 0);
  return {
    month: counter.month_requests,
    hour: counter.hour_requests,
    ledgerMonth: sum((row) => row.month_start === counter.month_start),
    ledgerHour: sum((row) => row.hour_start === counter.hour_start),
    reserved: rows.filter(({ status }) => status === 'reserved').length,
  };
}
