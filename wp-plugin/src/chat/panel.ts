import { el, icon } from '../launcher/dom.ts';
import { answerView, type AnswerView } from './answer-view.ts';
import { contactCard } from './cards.ts';
import { converse, spokenText } from './converse.ts';
import { emptyFacts } from './ground.ts';
import { createMemory, type Turn } from './memory.ts';
import { microphone } from './microphone.ts';
import { createTransport } from './transport.ts';
import { ChatError, type ChatConfig, type LauncherConfig, type Message, type Product, type Trouble } from './types.ts';

const paths = { close: 'M6 6l12 12M18 6L6 18', clear: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13', send: 'M4 12h15M13 6l6 6-6 6', stop: 'M7 7h10v10H7z' };
const maxQuestion = 2_000;
const troubles: Record<Trouble, string> = { offline: 'offline', unavailable: 'unavailable', quota: 'quota', slow: 'slow', tooLong: 'tooLong', cut: 'cut' };

/** Builds the panel and brings back what this tab had. Returns what puts the cursor into it. */
export function buildPanel(place: HTMLElement, config: ChatConfig, launcher: LauncherConfig, close?: () => void): () => void {
  const { strings } = config;
  const language = launcher.locale.replace('_', '-');
  const text = (name: string) => strings[name] ?? name;
  const transport = createTransport(launcher.rest, config);
  const memory = createMemory(config.retention);
  const facts = emptyFacts();
  let messages: Message[] = [];
  let turns: Turn[] = [];
  let running: AbortController | undefined;
  let asked: HTMLElement | undefined;

  const log = el('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': text('log'), tabindex: '0' });
  const status = el('p', { class: 'sr', role: 'status' });
  const field = el('textarea', { rows: '1', 'aria-label': text('message'), placeholder: text('placeholder'), maxlength: String(maxQuestion), enterkeyhint: 'send' });
  const sendIcon = icon(paths.send);
  const stopIcon = icon(paths.stop);
  const send = el('button', { class: 'tool send', type: 'submit', 'aria-label': text('send') }, sendIcon);
  const foot = el('p', { class: 'foot' }, text('aiNote'));
  const speaker = microphone(config, transport, language, { field, note: foot, status });
  const form = el('form', { class: 'ask', onsubmit: submit }, ...(speaker ? [speaker] : []), field, send);
  const clear = el('button', { type: 'button', 'aria-label': text('clear'), title: text('clear'), onclick: forget }, icon(paths.clear));
  const closer = close ? [el('button', { type: 'button', 'aria-label': text('close'), title: text('close'), onclick: close }, icon(paths.close))] : [];
  const panel = el('section', { class: 'panel', role: close ? 'dialog' : 'region', 'aria-label': config.name }, el('header', {}, el('h2', {}, config.name), clear, ...closer), log, form, foot, status);
  place.append(panel);
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && close) {
      event.stopPropagation();
      close();
    }
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!running) form.requestSubmit();
  });

  greet();
  restore();
  return () => field.focus();

  function submit(event: Event): void {
    event.preventDefault();
    if (running) return running.abort();
    const question = field.value.trim();
    if (question === '') return field.focus();
    field.value = '';
    void ask(question);
    return undefined;
  }

  async function ask(question: string): Promise<void> {
    running = new AbortController();
    const { signal } = running;
    const turn: Turn = { question, answer: '', offers: [] };
    log.querySelector('.row.start')?.remove();
    log.append((asked = mine(question)));
    const view = answerView(config, transport, facts, language);
    log.append(view.element);
    busy(true);
    status.textContent = text('thinking');
    const from = messages.length;
    messages.push({ role: 'user', content: question });
    facts.texts.push(question);
    try {
      turn.answer = await converse(transport, messages, facts, {
        onText: (answer) => view.grow((turn.answer = answer), scroll),
        onSearch: () => (status.textContent = text('searching')),
        onOffer: (offer) => turn.offers.push(offer),
      }, signal);
      view.finish(turn);
      status.textContent = spokenText(turn.answer, facts, config);
    } catch (error) {
      messages = messages.slice(0, from);
      if (signal.aborted) stopped(view, turn);
      else troubled(view, turn, error instanceof ChatError ? error.trouble : 'cut');
    }
    if (turn.answer !== '') {
      if (messages.length === from) messages.push({ role: 'user', content: question }, { role: 'assistant', content: turn.answer });
      turns.push(turn);
      keep();
    }
    running = undefined;
    busy(false);
    scroll();
  }

  function stopped(view: AnswerView, turn: Turn): void {
    view.finish(turn);
    view.element.append(el('p', { class: 'small' }, text('stopped')));
    status.textContent = text('stopped');
  }

  function troubled(view: AnswerView, turn: Turn, trouble: Trouble): void {
    view.finish(turn);
    const sentence = text(troubles[trouble]);
    const again = () => {
      view.element.previousElementSibling?.remove();
      view.element.remove();
      field.focus();
      void ask(turn.question);
    };
    const contact = contactCard(config);
    const retry = trouble === 'quota' || trouble === 'tooLong' ? [] : [el('button', { class: 'pill', type: 'button', onclick: again }, text('retry'))];
    view.element.append(el('div', { class: 'trouble' }, el('p', {}, sentence), el('div', { class: 'row' }, ...retry, ...(contact && trouble !== 'offline' ? [contact] : []))));
    if (trouble === 'tooLong') field.value = turn.question;
    status.textContent = sentence;
  }

  function busy(isBusy: boolean): void {
    log.setAttribute('aria-busy', String(isBusy));
    send.setAttribute('aria-label', text(isBusy ? 'stop' : 'send'));
    send.replaceChildren(isBusy ? stopIcon : sendIcon);
    scroll();
  }

  /** As far down as there is something new, but never past the question that it answers. */
  function scroll(): void {
    const top = asked?.isConnected ? asked.offsetTop - log.offsetTop - 12 : Infinity;
    log.scrollTop = Math.min(top, log.scrollHeight);
  }

  function mine(question: string): HTMLElement {
    return el('div', { class: 'mine' }, el('span', { class: 'sr' }, `${text('you')}: `), question);
  }

  function greet(): void {
    log.append(el('div', { class: 'answer' }, el('div', { class: 'text' }, config.greeting)));
    if (config.questions.length === 0) return;
    log.append(el('div', { class: 'row start' }, ...config.questions.map((question) => el('button', { class: 'pill', type: 'button', onclick: () => !running && (field.focus(), void ask(question)) }, question))));
  }

  function forget(): void {
    running?.abort();
    memory.clear();
    [messages, turns] = [[], []];
    Object.assign(facts, emptyFacts());
    log.replaceChildren();
    greet();
    status.textContent = text('cleared');
    field.focus();
  }

  function keep(): void {
    memory.save({ turns, messages, products: [...facts.products.values()], pages: [...facts.pages.values()], texts: facts.texts });
  }

  /** What this tab showed before. Cards wait for the shop's word on price and stock: those of before may be wrong by now. */
  function restore(): void {
    const kept = memory.load();
    if (!kept) return;
    ({ messages, turns } = kept);
    facts.texts.push(...kept.texts);
    for (const page of kept.pages) facts.pages.set(page.id, page);
    const ids = kept.products.map(({ id }) => id);
    const refreshed = ids.length === 0 ? Promise.resolve([]) : transport.post<{ products: Product[] }>('/chat/products', { ids: ids.slice(-20) }).then(({ products }) => products, () => []);
    void refreshed.then((products) => {
      for (const product of products) facts.products.set(product.id, product);
      log.querySelector('.row.start')?.remove();
      const shown = turns.flatMap((turn) => {
        const view = answerView(config, transport, facts, language);
        view.finish(turn);
        return [mine(turn.question), view.element];
      });
      log.children[0]?.after(...shown);
      scroll();
    });
  }
}
