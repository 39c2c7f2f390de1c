import type { Json } from '../gateway/loose.rules.ts';

/** A field of a request that the other protocol has no words for. `field` is its path in the body: `messages.0.content.1`. */
export class CannotTranslate extends Error {
  override name = 'CannotTranslate';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Turns the events of one stream, in their order, into those of the other protocol. */
export type StreamTranslator = {
  push: (event: Json) => Json[];
  /** What is due at the end, when the provider's end marker has come. */
  end: () => Json[];
};

/** A provider's answer that cannot be told in the other protocol. */
export class AnswerUnreadable extends Error {
  override name = 'AnswerUnreadable';
}

/** Refuses the fields that are not known, by name; those that are absent or null say nothing. */
export function refuseUnknown(object: Json, known: string[], path: string, to: string): void {
  for (const [key, value] of Object.entries(object)) {
    if (value === null || value === undefined || known.includes(key)) continue;
    throw new CannotTranslate(path + key, `${path}${key} cannot be translated for ${to}. Leave it out, or ask for a model whose provider knows it.`);
  }
}
