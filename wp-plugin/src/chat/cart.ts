/** Why the shop did not take a product into the cart, in its own words. */
export class CartProblem extends Error {}

/** Puts a product into the visitor's own cart, by WooCommerce's Store API: the nonce comes with the cart. */
export async function addToCart(storeApi: string, id: number, quantity: number): Promise<void> {
  const cart = await fetch(`${storeApi}/cart`, { credentials: 'same-origin', cache: 'no-store' });
  const nonce = cart.headers.get('Nonce');
  const response = await fetch(`${storeApi}/cart/add-item`, {
    method: 'POST', credentials: 'same-origin', cache: 'no-store',
    headers: { 'Content-Type': 'application/json', ...(nonce === null ? {} : { Nonce: nonce }) },
    body: JSON.stringify({ id, quantity }),
  });
  if (response.ok) return;
  const body = (await response.json().catch(() => ({}))) as { message?: string };
  throw new CartProblem(response.status === 400 || response.status === 409 ? (body.message ?? '').replace(/<[^>]*>/g, '') : '');
}
