import { el } from '../launcher/dom.ts';

/** An answer's text as paragraphs and lists with bold words. Nothing else of Markdown: links and pictures of a model lead nowhere. */
export function markup(text: string): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  for (const line of text.replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1').split(/\n+/)) {
    const item = /^\s*(?:([-*•])|\d{1,2}[.)])\s+(.*)$/.exec(line);
    if (item) {
      const name = item[1] ? 'ul' : 'ol';
      let list = blocks.at(-1);
      if (list?.localName !== name) blocks.push((list = el(name)));
      list.append(el('li', {}, ...inline(item[2] ?? '')));
    } else if (line.trim() !== '') blocks.push(el('p', {}, ...inline(line.replace(/^#{1,6}\s+/, ''))));
  }
  return blocks;
}

function inline(text: string): (Node | string)[] {
  return text.split(/(\*\*[^*]+\*\*)/).filter(Boolean).map((part) => (part.startsWith('**') && part.endsWith('**') ? el('strong', {}, part.slice(2, -2)) : part));
}
