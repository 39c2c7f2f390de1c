/** What the page tells the launcher: data that may rest in a page cache. */
export type LauncherConfig = {
  floating: boolean;
  name: string;
  label: string;
  /** `#rrggbb`, or '' for the colour of the theme. */
  accent: string;
  scheme: 'auto' | 'light' | 'dark';
  position: 'left' | 'right';
  consent: { text: string; agree: string; cancel: string } | null;
  failed: string;
  retention: Retention;
  locale: string;
  /** Base address of the plugin's REST routes. */
  rest: string;
  /** Address of the chat's script. */
  chat: string;
};
export type Retention = 'tab' | 'day' | 'month';

/** What the chat asks for when it is opened. */
export type ChatConfig = {
  name: string;
  greeting: string;
  questions: string[];
  voice: boolean;
  /** Whether recordings can be turned into text. */
  transcribes: boolean;
  /** How the server is asked to speak an answer; null where it does not. */
  speech: { model: string; voice: string } | null;
  retention: Retention;
  contact: { email: string; url: string };
  /** '' where answers come through the site only. */
  api_url: string;
  model: string;
  tools: object[];
  /** Signs of the shop's currency. */
  currency: string[];
  cart_url: string;
  store_api: string;
  strings: Strings;
};
export type Strings = Record<string, string>;

export type ToolCall = { id: string; type: 'function'; function: { name: string; arguments: string } };
export type Message = { role: 'user'; content: string } | { role: 'assistant'; content: string; tool_calls?: ToolCall[] } | { role: 'tool'; content: string; tool_call_id: string };

export type Product = {
  id: number;
  name: string;
  url: string;
  image: string;
  sku: string;
  price: string;
  regular_price: string;
  is_from: boolean;
  in_stock: boolean;
  stock: string;
  has_options: boolean;
  can_buy: boolean;
};
export type Page = { id: number; title: string; url: string };

/** Something that the shopper sees beside the text of an answer. */
export type Offer = { kind: 'cart'; id: number; quantity: number } | { kind: 'order' };

/** Why no answer came; each has a sentence for the shopper. */
export type Trouble = 'offline' | 'unavailable' | 'quota' | 'slow' | 'tooLong' | 'cut';
/** The one error that talking to the model ends in. */
export class ChatError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}
