import { paddlePurchase, paddleRefunded, paddleSubscription, wooPurchase, wooRefunded, wooSubscription, wooUnpaid, type Story } from './deliveries.ts';
import { stripeCancelled, stripeDisputed, stripeLife, subscriptionGrown, subscriptionPaused, subscriptionRecovered, subscriptionUnpaid, subscriptionUpgraded, wooCancelled } from './subscription-stories.ts';

/** Purchases and whole lives of subscriptions as the providers tell them: simple, in several states, renewed, refunded, paused, upgraded, unpaid, cancelled, disputed. They are told in order; who sends them shuffles. */
export function tellStories(count: number): Story[] {
  const tellers = [wooPurchase, paddlePurchase, wooRefunded, wooSubscription, paddleSubscription, paddleRefunded, wooPurchase, wooUnpaid, subscriptionPaused, subscriptionUpgraded, stripeLife, subscriptionGrown, subscriptionUnpaid, wooCancelled, stripeCancelled, subscriptionRecovered, stripeDisputed];
  const stories: Story[] = [];
  for (let index = 0; stories.flatMap(({ deliveries }) => deliveries).length < count; index += 1) stories.push((tellers[index % tellers.length] ?? wooPurchase)(index + 1));
  return stories;
}
