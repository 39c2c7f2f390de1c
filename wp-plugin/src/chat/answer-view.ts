import { el } from '../launcher/dom.ts';
import { contactCard, orderForm, pageCard, productCard } from './cards.ts';
import { spokenText } from './converse.ts';
import { segmentsOf, settledPart, type Facts, type Segment } from './ground.ts';
import { markup } from './markup.ts';
import type { Turn } from './memory.ts';
import { readAloud } from './read-aloud.ts';
import type { Transport } from './transport.ts';
import type { ChatConfig } from './types.ts';

export type AnswerView = { element: HTMLElement; grow: (answer: string, shown: () => void) => void; finish: (turn: Turn) => void };

/** The place of one answer: it grows while the answer comes, at most once in a frame, and is complete with cards and buttons after it. */
export function answerView(config: ChatConfig, transport: Transport, facts: Facts, language: string): AnswerView {
  const mask = config.strings['seeProduct'] ?? '';
  const element = el('div', { class: 'answer' }, el('div', { class: 'text wait', 'aria-hidden': 'true' }, el('i'), el('i'), el('i')));
  let latest: string | undefined;
  const show = (answer: string) => element.replaceChildren(...segmentsOf(answer, facts, config.currency, mask).flatMap(nodeOf));

  function nodeOf(segment: Segment): HTMLElement[] {
    if (segment.kind === 'text') return [el('div', { class: 'text' }, ...markup(segment.text))];
    if (segment.kind === 'product') return [productCard(segment.product, config)];
    if (segment.kind === 'page') return [pageCard(segment.page)];
    const contact = contactCard(config);
    return contact ? [contact] : [];
  }

  return {
    element,
    grow(answer, shown) {
      const isWaiting = latest !== undefined;
      latest = settledPart(answer);
      if (isWaiting) return;
      requestAnimationFrame(() => {
        if (latest !== undefined && latest.trim() !== '') {
          show(latest);
          shown();
        }
        latest = undefined;
      });
    },
    finish(turn) {
      latest = undefined;
      show(turn.answer);
      for (const offer of turn.offers) {
        const product = offer.kind === 'cart' ? facts.products.get(offer.id) : undefined;
        if (offer.kind === 'order') element.append(orderForm(transport, config));
        else if (product) {
          element.querySelector(`[data-product="${product.id}"]`)?.remove();
          element.append(productCard(product, config, offer.quantity));
        }
      }
      if (turn.answer !== '') element.append(...tools(spokenText(turn.answer, facts, config), config, transport, language));
    },
  };
}

/** Copy, and read aloud where it can be and is wanted. */
function tools(answer: string, config: ChatConfig, transport: Transport, language: string): HTMLElement[] {
  const { strings } = config;
  const copy = el('button', { type: 'button', onclick: () => void navigator.clipboard.writeText(answer).then(() => (copy.textContent = strings['copied'] ?? '')) }, strings['copy'] ?? '');
  const [reading, note] = readAloud(answer, config, transport, language);
  return [el('div', { class: 'after' }, ...(navigator.clipboard ? [copy] : []), ...(reading ? [reading] : [])), ...(note ? [note] : [])];
}
