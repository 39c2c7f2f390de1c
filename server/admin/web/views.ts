import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Handlebars, { type HelperOptions, type RuntimeOptions, type TemplateDelegate } from 'handlebars';
import { may, type Permission, type Role } from '../../access/access.rules.ts';
import { actorName, siteName } from '../actors.ts';
import { auditChanges } from '../audit-changes.rules.ts';
import { readReasons } from '../../reasons.rules.ts';
import { browserName } from '../browser-name.rules.ts';
import { barsSvg, swatchSvg, type BarChart } from './chart.ts';
import { dollarsOf, microcentsPerDollar } from '../../usage/dollars.rules.ts';
import { formatDollars, formatMoney, formatMonths, formatNumber, formatShare, isoTime, relativeTime, utcDate, utcDateTime } from './format.ts';
import { iconSvg } from './icons.ts';
import { hasText, translator, type Locale } from './locale.ts';

const viewsDirectory = path.resolve(import.meta.dirname, '../../../admin-views');
const runtime: RuntimeOptions = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };

export type Render = (layout: string, page: string, locale: Locale, data: Record<string, unknown>) => string;

let loaded: Render | undefined;

/** Every view, read and compiled once for all the sites of this process. Values are escaped, and nothing but their own properties can be reached. */
export function loadViews(): Render {
  loaded ??= compileViews();
  return loaded;
}

function compileViews(): Render {
  const handlebars = Handlebars.create();
  addHelpers(handlebars);
  for (const [name, text] of readViews('partials')) handlebars.registerPartial(name, text);
  const layouts = compileAll(handlebars, 'layouts');
  const pages = compileAll(handlebars, 'pages');
  return (layout, page, locale, data) => {
    const options = { ...runtime, data: { locale } };
    const body = templateOf(pages, page)(data, options);
    return templateOf(layouts, layout)({ ...data, body: new Handlebars.SafeString(body) }, options);
  };
}

function readViews(folder: string): [name: string, text: string][] {
  const directory = path.join(viewsDirectory, folder);
  return readdirSync(directory).filter((file) => file.endsWith('.hbs')).map((file) => [file.slice(0, -'.hbs'.length), readFileSync(path.join(directory, file), 'utf8')]);
}

function compileAll(handlebars: typeof Handlebars, folder: string): Map<string, TemplateDelegate> {
  return new Map(readViews(folder).map(([name, text]) => [name, handlebars.compile(text, { strict: false, preventIndent: true })]));
}

function templateOf(templates: Map<string, TemplateDelegate>, name: string): TemplateDelegate {
  const template = templates.get(name);
  if (!template) throw new Error(`there is no view "${name}"`);
  return template;
}

const statusLooks: Record<string, { color: string; icon: string }> = {
  active: { color: 'green', icon: 'circle-check' },
  pending: { color: 'yellow', icon: 'hourglass' },
  validated: { color: 'green', icon: 'circle-check' },
  done: { color: 'green', icon: 'circle-check' },
  stopped: { color: 'secondary', icon: 'pause' },
  suspended: { color: 'orange', icon: 'pause' },
  expired: { color: 'secondary', icon: 'clock' },
  cancelled: { color: 'red', icon: 'cross' },
  received: { color: 'blue', icon: 'hourglass' },
  waiting: { color: 'yellow', icon: 'hourglass' },
  queued: { color: 'blue', icon: 'hourglass' },
  handled: { color: 'green', icon: 'circle-check' },
  sent: { color: 'green', icon: 'circle-check' },
  delivered: { color: 'green', icon: 'circle-check' },
  enabled: { color: 'green', icon: 'circle-check' },
  disabled: { color: 'secondary', icon: 'pause' },
  invited: { color: 'blue', icon: 'mail' },
  ignored: { color: 'secondary', icon: 'circle-check' },
  dead: { color: 'red', icon: 'warning' },
  failed: { color: 'red', icon: 'warning' },
  paid: { color: 'green', icon: 'circle-check' },
  completed: { color: 'green', icon: 'circle-check' },
  refunded: { color: 'red', icon: 'cross' },
  open: { color: 'red', icon: 'warning' },
  half_open: { color: 'yellow', icon: 'hourglass' },
  ready: { color: 'green', icon: 'circle-check' },
  'not-set-up': { color: 'secondary', icon: 'pause' },
  'no-price': { color: 'yellow', icon: 'warning' },
  'in-force': { color: 'green', icon: 'circle-check' },
  upcoming: { color: 'blue', icon: 'clock' },
  past: { color: 'secondary', icon: 'clock' },
  added: { color: 'green', icon: 'plus' },
  changed: { color: 'blue', icon: 'replay' },
  removed: { color: 'red', icon: 'cross' },
  mapping: { color: 'yellow', icon: 'hourglass' },
  checking: { color: 'blue', icon: 'hourglass' },
  checked: { color: 'blue', icon: 'circle-check' },
  running: { color: 'blue', icon: 'hourglass' },
  undoing: { color: 'blue', icon: 'hourglass' },
  undone: { color: 'secondary', icon: 'replay' },
  revoked: { color: 'red', icon: 'cross' },
  intact: { color: 'green', icon: 'circle-check' },
  broken: { color: 'red', icon: 'warning' },
  processing: { color: 'green', icon: 'circle-check' },
  billed: { color: 'blue', icon: 'hourglass' },
  unseen: { color: 'secondary', icon: 'hourglass' },
  unmapped: { color: 'red', icon: 'warning' },
  license: { color: 'green', icon: 'circle-check' },
  no_license: { color: 'secondary', icon: 'circle-check' },
  trialing: { color: 'blue', icon: 'clock' },
  past_due: { color: 'orange', icon: 'warning' },
  paused: { color: 'yellow', icon: 'pause' },
  archived: { color: 'secondary', icon: 'pause' },
  approved: { color: 'red', icon: 'cross' },
  rejected: { color: 'secondary', icon: 'circle-check' },
  reversed: { color: 'green', icon: 'circle-check' },
};

function addHelpers(handlebars: typeof Handlebars): void {
  const { escapeExpression, SafeString } = handlebars;
  const localeOf = (options: HelperOptions) => (options.data as { locale: Locale }).locale;
  const label = (prefix: string, code: string, options: HelperOptions) => (hasText(`${prefix}.${code}`) ? translator(localeOf(options))(`${prefix}.${code}`) : code);

  // Some languages say it in another way of a customer, an order or a token than of a licence.
  const statusName = (code: string, options: HelperOptions) => (options.hash['as'] === 'masculine' && hasText(`status_masculine.${code}`) ? label('status_masculine', code, options) : label('status', code, options));

  handlebars.registerHelper({
    t: (key: string, options: HelperOptions) => translator(localeOf(options))(key, options.hash as Record<string, string | number>),
    label: (prefix: string, code: string, options: HelperOptions) => label(prefix, code, options),
    eq: (a: unknown, b: unknown) => a === b,
    concat: (...parts: unknown[]) => parts.slice(0, -1).join(''),
    // Whether whoever looks at the page holds a permission: what they may not do is not offered.
    may: (permission: Permission, options: HelperOptions) => may((options.data as { root: { role: Role } }).root.role, permission),
    has: (value: unknown) => value !== undefined,
    auditChanges: (before: string | null, after: string | null) => auditChanges(before ?? null, after ?? null),
    number: (value: number, options: HelperOptions) => formatNumber(value, localeOf(options)),
    months: (count: number, options: HelperOptions) => formatMonths(count, localeOf(options)),
    money: (minor: number, currency: string | null, options: HelperOptions) => formatMoney(minor, currency, localeOf(options)),
    who: (code: string, options: HelperOptions) => actorName(code, translator(localeOf(options))),
    browserName: (userAgent: string) => browserName(userAgent),
    siteName: (name: string) => siteName(name),
    /** Why something went as it did, in the reader's language; as it was written down, where that has no codes or one that is not known here. */
    reasons: (codes: string | null, text: string, options: HelperOptions) => {
      const known = readReasons(codes);
      const isKnown = known.length > 0 && known.every(({ code }) => hasText(`delivery_reason.${code}`));
      return isKnown ? known.map(({ code, facts }) => translator(localeOf(options))(`delivery_reason.${code}`, facts)).join(' ') : text;
    },
    /** A share in thousandths. */
    percent: (share: number | undefined, options: HelperOptions) => (share === undefined ? '–' : formatShare(share, localeOf(options))),
    /** For people, who do not look at more than cents of a large amount; below a dollar always four places, so that the figures of a column stand under each other. */
    dollars(microcents: number, options: HelperOptions) {
      const places = microcents > 0 && microcents < microcentsPerDollar ? 4 : 2;
      return formatDollars(dollarsOf(microcents), localeOf(options), places, places);
    },
    bars: (chart: BarChart, id: string) => new SafeString(barsSvg(chart, id, escapeExpression)),
    swatch: (look: number, id: string) => new SafeString(swatchSvg(look, id)),
    icon: (name: string) => new SafeString(iconSvg(name)),
    time: (ms: number | null, options: HelperOptions) => timeElement(ms, 'datetime', utcDateTime, localeOf(options)),
    ago: (ms: number | null, options: HelperOptions) => {
      const { now } = (options.data as { root: { now?: number } }).root;
      return timeElement(ms, 'relative', now === undefined ? utcDateTime : (at, locale) => relativeTime(at, now, locale), localeOf(options));
    },
    date: (ms: number | null, options: HelperOptions) => timeElement(ms, 'date', utcDate, localeOf(options)),
    // Days of a bookkeeper, which stay what they are in every zone.
    utcDay: (ms: number, options: HelperOptions) => utcDate(ms, localeOf(options)),
    statusName: (code: string, options: HelperOptions) => statusName(code, options),
    status: (code: string, options: HelperOptions) => {
      const { color, icon } = statusLooks[code] ?? { color: 'secondary', icon: 'info' };
      return new SafeString(`<span class="status-badge status-badge-${color}">${iconSvg(icon)}${escapeExpression(statusName(code, options))}</span>`);
    },
  });

  function timeElement(ms: number | null, kind: string, text: (ms: number, locale: Locale) => string, locale: Locale): unknown {
    if (typeof ms !== 'number') return '';
    const utc = escapeExpression(text(ms, locale));
    return new SafeString(`<time datetime="${isoTime(ms)}" data-show="${kind}" title="${escapeExpression(utcDateTime(ms, locale))}">${utc}</time>`);
  }
}
