type LinkConfig = { PADDLE_ENVIRONMENT: 'production' | 'sandbox'; WOOCOMMERCE_URL?: string | undefined; STRIPE_API_KEY?: string | undefined };

/** Where the provider itself shows an order or a subscription to the vendor; undefined when it has no page that we know. */
export function providerLink(config: LinkConfig, kind: 'order' | 'subscription', provider: string, externalId: string): string | undefined {
  const id = encodeURIComponent(externalId);
  switch (provider) {
    case 'paddle':
      return `https://${config.PADDLE_ENVIRONMENT === 'sandbox' ? 'sandbox-vendors' : 'vendors'}.paddle.com/${kind === 'order' ? 'transactions-v2' : 'subscriptions-v2'}/${id}`;
    case 'woocommerce':
      // The old address: shops with the new order tables lead on from there.
      return config.WOOCOMMERCE_URL === undefined ? undefined : `${config.WOOCOMMERCE_URL}/wp-admin/post.php?post=${id}&action=edit`;
    case 'stripe':
      return `https://dashboard.stripe.com/${/^[rs]k_test_/.test(config.STRIPE_API_KEY ?? '') ? 'test/' : ''}${stripePage(externalId, id)}`;
    default:
      return undefined;
  }
}

function stripePage(externalId: string, id: string): string {
  if (externalId.startsWith('sub_')) return `subscriptions/${id}`;
  if (externalId.startsWith('in_')) return `invoices/${id}`;
  if (/^(?:pi|ch)_/.test(externalId)) return `payments/${id}`;
  return `search?query=${id}`;
}
