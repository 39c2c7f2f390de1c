import { z } from 'zod';

/** E-mails about what became of a licence, a subscription or an order. */
export const noticeTemplates = ['renewal-receipt', 'renewal-coming', 'payment-failed', 'suspended', 'expired', 'cancelled', 'plan-changed', 'refund'] as const;
export type NoticeTemplate = (typeof noticeTemplates)[number];

/** Ids and figures; what people read is looked up when the e-mail is written. Times in epoch ms, money in minor units. */
export const noticeFacts = z.object({
  licenseIds: z.array(z.string()),
  order: z.string().optional(),
  amountMinor: z.number().optional(),
  currency: z.string().optional(),
  /** When the licence ends; null: never. */
  expiresAt: z.number().nullable().optional(),
  /** Until when it goes on; absent: it has stopped. */
  until: z.number().optional(),
  days: z.number().optional(),
  renews: z.boolean().optional(),
  isUnpaid: z.boolean().optional(),
  isFull: z.boolean().optional(),
  overLimit: z.object({ sites: z.number(), limit: z.number() }).optional(),
});
export type NoticeFacts = z.infer<typeof noticeFacts>;

/** Something that the owner of licences, or the buyer of an order, is to be told once. */
export type Notice = {
  template: NoticeTemplate;
  /** What it comes from, in at most 255 characters: there is one e-mail for each. */
  cause: string;
  licenseIds: string[];
  /** orders.id of what was paid or refunded. */
  orderId?: string | undefined;
  facts: Omit<NoticeFacts, 'licenseIds'>;
};

const dayMs = 24 * 60 * 60_000;

/**
 * Which of the reminders (`reminderDays` before the end) is due for a licence that ends at `expiresAt`: of those whose time has come the closest to the end. None when
 * the end is further away, has passed, or the term began so late that the reminder would come in its first half.
 */
export function reminderDue(expiresAt: number, paidAt: number, now: number, reminderDays: readonly number[]): number | undefined {
  const left = expiresAt - now;
  if (left <= 0) return undefined;
  const days = reminderDays.toSorted((a, b) => a - b).find((candidate) => left <= candidate * dayMs);
  return days !== undefined && expiresAt - paidAt >= 2 * days * dayMs ? days : undefined;
}
