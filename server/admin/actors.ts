import { domainToUnicode } from 'node:url';
import { hasText, type Translate } from './web/locale.ts';

/** Who did something, as people call it: `user:anna@example.com` is anna@example.com, `cli` the command line. */
export function actorName(actor: string, t: Translate): string {
  for (const key of [`actor.${actor}`, `provider.${actor}`]) if (hasText(key)) return t(key);
  const [, kind, name] = /^(user|token|site|device|customer|import):(.+)$/.exec(actor) ?? [];
  if (name === undefined) return actor;
  if (kind === 'customer' || kind === 'import') return t(`actor.${kind}`);
  if (kind === 'token' || kind === 'device') return t(`actor.${kind}`, { name });
  return kind === 'site' ? siteName(name) : name;
}

/** A provider of AI as people call it; one that the operator has added, by its short name. */
export function providerName(name: string, t: Translate): string {
  return hasText(`kind.${name}`) ? t(`kind.${name}`) : name;
}

/** The actors that a person may mean by a text: as the log has them, or as the page shows them. */
export function actorsNamed(text: string, t: Translate): string[] {
  const wanted = text.toLowerCase();
  const called = ['cli', 'api-token', 'system', 'seed', 'site', 'paddle', 'woocommerce', 'stripe'].filter((actor) => actorName(actor, t).toLowerCase() === wanted);
  return [text, `user:${text}`, `token:${text}`, `site:${text}`, `device:${text}`, ...called];
}

/** A site as its owner writes it: `xn--mnchen-3ya.de` is münchen.de. */
export function siteName(site: string): string {
  const [, host = site, rest = ''] = /^([^/:]+)(.*)$/.exec(site) ?? [];
  return site.includes('xn--') ? `${domainToUnicode(host) || host}${rest}` : site;
}
