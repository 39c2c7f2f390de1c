import type { Message, Offer, Page, Product, Retention } from './types.ts';

/** One turn as the shopper saw it. */
export type Turn = { question: string; answer: string; offers: Offer[] };
export type Kept = { turns: Turn[]; messages: Message[]; products: Product[]; pages: Page[]; texts: string[] };

const name = 'chatello-conversation';
const lifetimeMs: Record<Retention, number> = { tab: Infinity, day: 86_400_000, month: 30 * 86_400_000 };

/** Keeps the conversation in this tab, or in this browser for as long as the owner allows; nowhere else. Works without storage, too. */
export function createMemory(retention: Retention, now: () => number = Date.now) {
  const storage = () => (retention === 'tab' ? sessionStorage : localStorage);
  return {
    load(): Kept | undefined {
      try {
        const kept = JSON.parse(storage().getItem(name) ?? 'null') as { at: number; value: Kept } | null;
        return kept && now() - kept.at < lifetimeMs[retention] ? kept.value : undefined;
      } catch {
        return undefined;
      }
    },
    save(value: Kept): void {
      try {
        storage().setItem(name, JSON.stringify({ at: now(), value }));
      } catch {
        this.clear();
      }
    },
    clear(): void {
      for (const place of ['sessionStorage', 'localStorage'] as const) {
        try {
          globalThis[place].removeItem(name);
        } catch {
          // A browser that allows no storage has kept nothing.
        }
      }
    },
  };
}
