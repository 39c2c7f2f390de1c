import type { PolicyAdditions } from '../account/web/site-policy.rules.ts';

/** What Paddle.js needs in order to open its checkout over a page, and no more: its script and style, its frame, and the services that it asks. */
export function checkoutPolicy(environment: 'production' | 'sandbox'): PolicyAdditions {
  const host = (name: string) => `https://${environment === 'sandbox' ? 'sandbox-' : ''}${name}.paddle.com`;
  return {
    scripts: ['https://cdn.paddle.com/paddle/v2/'],
    styles: [`${host('cdn')}/paddle/v2/`],
    images: [`${host('cdn')}/paddle/v2/`],
    frames: [host('buy'), `${host('cdn')}/paddle/v2/`],
    connections: [host('create-checkout'), host('checkout-service'), host('buy')],
    allowsPopups: true,
  };
}
