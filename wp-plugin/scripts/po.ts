export type Entry = { msgid: string; msgctxt: string | undefined; msgstr: string[]; plural: string | undefined; references: string[] };

/** The entries of a PO file, its head included (msgid ''). Throws with the line on anything it does not know. */
export function parsePo(text: string): Entry[] {
  const entries: Entry[] = [];
  let entry = emptyEntry();
  let append: (text: string) => void = () => undefined;
  for (const [index, line] of [...text.split('\n'), ''].entries()) {
    const field = /^(msgid|msgid_plural|msgctxt|msgstr)(?:\[(\d)\])? (".*")$/.exec(line);
    if (line.trim() === '') {
      if (entry.msgstr.length > 0) entries.push(entry);
      entry = emptyEntry();
    } else if (line.startsWith('#:')) entry.references.push(...line.slice(2).trim().split(/\s+/));
    else if (field) {
      const [, name, number, value] = field;
      const piece = unquote(value ?? '');
      const slot = Number(number ?? 0);
      append = (more) => {
        if (name === 'msgid') entry.msgid += more;
        else if (name === 'msgctxt') entry.msgctxt = (entry.msgctxt ?? '') + more;
        else if (name === 'msgid_plural') entry.plural = (entry.plural ?? '') + more;
        else entry.msgstr[slot] = (entry.msgstr[slot] ?? '') + more;
      };
      append(piece);
    } else if (line.startsWith('"')) append(unquote(line));
    else if (!line.startsWith('#')) throw new Error(`line ${index + 1} of the PO file cannot be read: ${line}`);
  }
  return entries;
}

/** How a text with its context is named in translations. */
export function keyOf(msgctxt: string | undefined, msgid: string): string {
  return msgctxt === undefined ? msgid : `${msgctxt}\u0004${msgid}`;
}

function unquote(text: string): string {
  return JSON.parse(text) as string;
}

function emptyEntry(): Entry {
  return { msgid: '', msgctxt: undefined, msgstr: [], plural: undefined, references: [] };
}
