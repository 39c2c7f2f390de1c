import type { Db } from '../db/database.ts';

const running = new WeakMap<Db, Set<Promise<unknown>>>();

/** Remembers a chat until it is settled, so that the server does not stop before. Returns it. */
export function trackChat<Result>(db: Db, chat: Promise<Result>): Promise<Result> {
  const chats = running.get(db) ?? new Set();
  running.set(db, chats);
  chats.add(chat);
  const forget = () => chats.delete(chat);
  chat.then(forget, forget);
  return chat;
}

/** Resolves when every chat that is under way on this database has been settled. */
export async function chatsSettled(db: Db): Promise<void> {
  const chats = running.get(db) ?? new Set<Promise<unknown>>();
  await Promise.allSettled(chats);
}
