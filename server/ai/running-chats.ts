import type { Db } from '../db/database.ts';

type Running = { count: number; onEnd: (() => void)[] };

const running = new WeakMap<Db, Running>();

/**
 * Counts a chat until it is settled, so that the server does not stop before. Returns it. The chats themselves are not kept: a Set that is added to
 * and deleted from all the time leaves old tables behind, and these would keep thousands of requests until the next full garbage collection.
 */
export function trackChat<Result>(db: Db, chat: Promise<Result>): Promise<Result> {
  const chats = running.get(db) ?? { count: 0, onEnd: [] };
  running.set(db, chats);
  chats.count += 1;
  const forget = () => {
    chats.count -= 1;
    if (chats.count === 0) for (const tell of chats.onEnd.splice(0)) tell();
  };
  chat.then(forget, forget);
  return chat;
}

/** Resolves when no chat is under way on this database. */
export function chatsSettled(db: Db): Promise<void> {
  return new Promise((resolve) => {
    const chats = running.get(db);
    if (!chats || chats.count === 0) resolve();
    else chats.onEnd.push(resolve);
  });
}
