/** What programs and the log say of each reason. The pages have the same under `delivery_reason.*` in each language. */
export const reasonSentences = {
  // Nothing came of a delivery, and nothing was to come.
  changes_no_license: '{type} changes no licence.',
  keys_follow: '{type} changes no licence: keys follow from transaction.completed.',
  checkout_payment_failed: 'A payment of a checkout failed: nothing was bought yet.',
  payment_method_changed: 'A change of payment method: nothing was bought.',
  proration: 'A proration after a change of plan or quantity: the licences follow the subscription.',
  proration_until_renewal: 'A proration after a change of plan or quantity: the licences stay as they are until the next renewal.',
  no_customer: 'A completed transaction without a customer: there is nobody to send a key to.',
  takes_nothing_back: 'An adjustment "{action}" in state "{status}" takes nothing back.',
  not_bought_yet: 'A payment failed of something that was not bought yet.',
  checkout_without_invoice: 'A checkout of a subscription without its first invoice: invoice.paid says what was paid.',
  checkout_of_mode: 'A checkout of the mode "{mode}": nothing was bought.',
  checkout_unpaid: 'The checkout is complete and not paid yet: checkout.session.async_payment_succeeded follows.',
  refund_without_payment: 'A refund that names no payment or has no state takes nothing back.',
  dispute_without_payment: 'A dispute that names no payment.',
  moved_to_trash: 'Moved to the trash or deleted. The licences stay: no money went back.',
  no_order: 'Neither an order nor a subscription.',
  order_not_paid: 'The order {order} is "{status}" and not paid.',
  subscription_switched: 'A switch of a subscription: its licences keep their keys and change their plan with the subscription.',
  // It waits for another delivery.
  waits_for_customer: 'Waiting for the e-mail address of the customer {customer}: it comes with customer.created, or is asked for when PADDLE_API_KEY is set.',
  waits_for_purchase: 'Waiting for the first purchase of the subscription {subscription}, which order {order} renews.',
  // Somebody has to do something.
  product_unmapped: 'Order {order}: a product is not mapped to a plan: {products}. Run npm run chatello -- map-product --provider {provider} --external-id {id} --plan PLAN --months 12 (--plan none if it is no licence), then replay this delivery.',
  products_unmapped: 'Order {order}: {count} products are not mapped to a plan: {products}. Run npm run chatello -- map-product --provider {provider} --external-id ID --plan PLAN --months 12 (--plan none if it is no licence) for each, then replay this delivery.',
  renews_too_many: 'Order {order} renews {quantity} × "{product}", more than the subscription {subscription} has licences: {missing} of them extend nothing. Issue the missing licences with: npm run chatello -- issue',
  too_many_licenses: 'The order {order} asks for {count} licences; at most {most} are issued for one order. Issue them with: npm run chatello -- issue',
  too_many_seats: 'The subscription of the order {order} asks for {count} seats; at most {most} are issued. Issue them with: npm run chatello -- issue',
  no_email: 'The order {order} has no e-mail address to which the key could be sent. Add it to the order in the shop and save; that sends the order again.',
  checkout_without_lines: 'What was bought in this checkout is not in the delivery. Set STRIPE_API_KEY so that it can be asked for, then replay this delivery.',
  shop_refuses: 'The shop sent "{code}" instead of an order: the user who owns the webhook may no longer read orders. Open the webhook in WooCommerce > Settings > Advanced > Webhooks as a shop manager and save it, then send the order again.',
  subscription_status_unknown: 'The status "{status}" of the subscription {subscription} is not known to this version.',
  provider_unknown: 'This version has no payment provider "{provider}".',
  body_unreadable: 'The signature is right and the body cannot be read: {problem}',
  not_understood: 'This {what} cannot be understood: {field}: {problem}',
  no_amount: 'This order cannot be understood: "{amount}" is no amount of money.',
  // A receiver of webhooks did not take a message.
  endpoint_disabled: 'The endpoint is disabled.',
  redirect_not_followed: 'Redirects are not followed: enter the address that it leads to.',
  receiver_answered: 'The receiver answered {status} and said “{said}”.',
  receiver_said_nothing: 'The receiver answered {status} and said nothing.',
  private_network: 'The address leads into a private network, where nothing is sent. Hosts of your own network can be allowed with ALLOWED_PRIVATE_HOSTS.',
  no_answer_in_time: 'There was no answer within {seconds} seconds.',
  connection_failed: 'The connection failed: {problem}',
} as const;

export type ReasonCode = keyof typeof reasonSentences;
/** Why something went as it did: a code with the facts that its sentence names. */
export type Reason = { code: ReasonCode; facts: Record<string, string | number> };

export function reason(code: ReasonCode, facts: Reason['facts'] = {}): Reason {
  return { code, facts };
}

/** Reasons as English sentences. */
export function reasonsText(reasons: Reason[]): string {
  return reasons.map(({ code, facts }) => reasonSentences[code].replaceAll(/\{(\w+)\}/g, (_place, name: string) => String(facts[name] ?? ''))).join(' ');
}

const longestStored = 16_000;

/** As the column `reason_codes` holds them; null when there are none, or more than fit. */
export function storedReasons(reasons: Reason[]): string | null {
  const text = JSON.stringify(reasons);
  return reasons.length === 0 || text.length > longestStored ? null : text;
}

/** The other way round. A row from before there were codes has none; a code may be one of a newer version. */
export function readReasons(stored: string | null): { code: string; facts: Reason['facts'] }[] {
  return stored === null ? [] : (JSON.parse(stored) as { code: string; facts: Reason['facts'] }[]);
}
