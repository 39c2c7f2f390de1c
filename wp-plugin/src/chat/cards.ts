import { el } from '../launcher/dom.ts';
import { addToCart, CartProblem } from './cart.ts';
import type { Transport } from './transport.ts';
import { ChatError, type ChatConfig, type Page, type Product } from './types.ts';

/** A product as the shop has it at this moment. Addresses come from the site itself, never from the model. */
export function productCard(product: Product, config: ChatConfig, quantity = 1): HTMLElement {
  const { strings } = config;
  const price = el('span', { class: 'price' }, product.price === '' ? '' : `${product.is_from ? `${strings['from']} ` : ''}${product.price}`);
  if (product.regular_price !== '') price.append(el('s', { 'aria-label': `${strings['instead']} ${product.regular_price}` }, product.regular_price));
  const actions = el('div', { class: 'row' }, product.can_buy && !product.has_options && config.store_api !== '' ? cartButton(product, config, quantity) : el('a', { class: 'pill', href: product.url }, strings[product.has_options ? 'options' : 'view'] ?? ''));
  return el(
    'article',
    { class: product.image === '' ? 'card plain' : 'card', 'aria-label': product.name, 'data-product': String(product.id) },
    ...(product.image === '' ? [] : [el('img', { src: product.image, alt: '', loading: 'lazy', width: '72', height: '72' })]),
    el('a', { href: product.url }, product.name),
    el('div', {}, price),
    el('div', {}, el('span', { class: product.in_stock ? 'stock' : 'stock none' }, product.stock), actions),
  );
}

/** A page of the site. */
export function pageCard({ title, url }: Page): HTMLElement {
  return el('a', { class: 'pill', href: url }, title);
}

/** How to reach a person; nothing where the owner gave nothing. */
export function contactCard({ contact, strings }: ChatConfig): HTMLElement | undefined {
  const links = [
    ...(contact.url === '' ? [] : [el('a', { class: 'pill main', href: contact.url }, strings['contact'] ?? '')]),
    ...(contact.email === '' ? [] : [el('a', { class: 'pill', href: `mailto:${contact.email}` }, `${strings['email']}: ${contact.email}`)]),
  ];
  return links.length === 0 ? undefined : el('div', { class: 'row' }, ...links);
}

/** A form for the state of an order. What is written into it goes to the shop and never into the conversation. */
export function orderForm(transport: Transport, { strings }: ChatConfig): HTMLElement {
  const number = el('input', { name: 'number', required: true, inputmode: 'numeric', autocomplete: 'off' });
  const email = el('input', { name: 'email', type: 'email', required: true, autocomplete: 'email' });
  const result = el('p', { role: 'status', class: 'small' });
  const send = async (event: Event) => {
    event.preventDefault();
    result.textContent = '…';
    try {
      const order = await transport.post<{ number: string; date: string; status: string } | { status: null }>('/chat/order', { number: number.value, email: email.value });
      result.textContent = order.status === null ? (strings['orderNotFound'] ?? '') : (strings['orderStatus'] ?? '').replace('%1$s', order.number).replace('%2$s', order.date).replace('%3$s', order.status);
    } catch (error) {
      result.textContent = strings[error instanceof ChatError ? error.trouble : 'unavailable'] ?? '';
    }
  };
  return el(
    'form',
    { class: 'order', onsubmit: (event) => void send(event) },
    el('h3', {}, strings['orderTitle'] ?? ''),
    el('label', {}, strings['orderNumber'] ?? '', number),
    el('label', {}, strings['orderEmail'] ?? '', email),
    el('p', { class: 'small' }, strings['orderNote'] ?? ''),
    el('button', { class: 'pill main', type: 'submit' }, strings['orderCheck'] ?? ''),
    result,
  );
}

function cartButton(product: Product, config: ChatConfig, quantity: number): HTMLElement {
  const { strings } = config;
  const status = el('span', { role: 'status', class: 'small' });
  const button = el('button', { class: 'pill main', type: 'button', onclick: () => void add() }, `${strings['add']}${quantity > 1 ? ` (${quantity})` : ''}`, el('span', { class: 'sr' }, `: ${product.name}`));
  const place = el('div', { class: 'row' }, button, status);
  async function add(): Promise<void> {
    button.disabled = true;
    status.textContent = strings['adding'] ?? '';
    try {
      await addToCart(config.store_api, product.id, quantity);
      status.textContent = strings['added'] ?? '';
      if (config.cart_url !== '') button.replaceWith(el('a', { class: 'pill main', href: config.cart_url }, strings['cart'] ?? ''));
      document.body.dispatchEvent(new CustomEvent('wc-blocks_added_to_cart', { bubbles: true }));
    } catch (error) {
      status.textContent = error instanceof CartProblem && error.message !== '' ? error.message : (strings['addFailed'] ?? '');
      button.replaceWith(el('a', { class: 'pill', href: product.url }, strings['view'] ?? ''));
    }
  }
  return place;
}
