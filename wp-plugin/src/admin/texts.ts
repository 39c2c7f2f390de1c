import { __, sprintf } from '@wordpress/i18n';
import type { Problem, State, Status } from './types.ts';

/** What is wrong and what to do about it, in the administrator's language. The server's own sentence where the code is not known. */
export function problemText({ code, message, data }: Pick<Problem, 'code' | 'message' | 'data'>): string {
  if (code === 'INVALID_SETTING' && data?.field !== undefined) return sprintf(/* translators: %s: name of a setting */ __('“%s” does not have a value that works here. Correct it, then save again.', 'chatello'), settingNames()[data.field] ?? data.field);
  const sentences: Record<string, string> = {
    NOT_FOUND: __('This licence key is not known. Copy it from your purchase e-mail; it looks like CHA-XXXX-XXXX-XXXX-XXXX.', 'chatello'),
    LICENSE_INVALID: __('This licence key is not known. Copy it from your purchase e-mail; it looks like CHA-XXXX-XXXX-XXXX-XXXX.', 'chatello'),
    SUSPENDED: __('This licence is suspended. Your vendor can say why and lift the suspension.', 'chatello'),
    EXPIRED: __('This licence has expired. Renew it with your vendor, then press “Check now”: your settings are all kept.', 'chatello'),
    CANCELLED: __('This licence was cancelled or refunded. Enter another key to go on.', 'chatello'),
    PENDING: __('This licence waits for its payment to be confirmed. That mostly takes minutes: try again shortly.', 'chatello'),
    DOMAIN_MISMATCH: __('This licence belongs to another site. Deactivate it there, or ask your vendor to release it.', 'chatello'),
    DOMAIN_LIMIT_REACHED: __('All sites of this licence are in use. Deactivate it on one of them, ask your vendor to release one, or upgrade the plan.', 'chatello'),
    PRODUCT_MISMATCH: __('This key is for another product. Look in your e-mail for the key of Chatello.', 'chatello'),
    VERSION_NOT_ENTITLED: __('This licence does not cover this version of the plugin. Renew it, or install an older version.', 'chatello'),
    SITE_NOT_ACTIVATED: __('This site is not activated any more: its place was released, or it was activated anew elsewhere. Activate it again to go on.', 'chatello'),
    PROVIDER_KEY_REFUSED: __('The AI provider refused this key. Copy it again from your account there; it must be allowed to list models and to answer.', 'chatello'),
    PROVIDER_FAILED: __('The AI provider did not answer, so the key could not be tested and was not saved. Try again in a moment.', 'chatello'),
    PROVIDER_TIMEOUT: __('The AI provider did not answer, so the key could not be tested and was not saved. Try again in a moment.', 'chatello'),
    PROVIDER_UNAVAILABLE: __('The AI provider did not answer, so the key could not be tested and was not saved. Try again in a moment.', 'chatello'),
    QUOTA_EXHAUSTED: __('All requests of this month are used. They start again next month; an upgrade gives more at once.', 'chatello'),
    RATE_LIMITED: __('That was too often in a short time. Wait a minute and try again.', 'chatello'),
    rest_cookie_invalid_nonce: __('You were away for long: reload this page and try again.', 'chatello'),
    fetch_error: __('Your own site does not answer just now. Check your connection and try again.', 'chatello'),
  };
  return sentences[code] ?? (message || __('Something went wrong. Try again; if it goes on, reload this page.', 'chatello'));
}

/** Settings whose value can be wrong, as the form calls them. */
function settingNames(): Record<string, string> {
  return {
    name: __('Name', 'chatello'),
    greeting: __('Greeting', 'chatello'),
    questions: __('Opening questions', 'chatello'),
    rules: __('House rules', 'chatello'),
    contact_email: __('Hand over to: e-mail address', 'chatello'),
    contact_url: __('Hand over to: page or telephone', 'chatello'),
    consent_text: __('Text of the question', 'chatello'),
    provider_key: __('API key', 'chatello'),
    model: __('Model', 'chatello'),
    accent: __('Colour', 'chatello'),
  };
}

export function stateLabel(state: State): string {
  return {
    none: __('No licence yet', 'chatello'),
    unreadable: __('Key cannot be read', 'chatello'),
    inactive: __('Not activated', 'chatello'),
    moved: __('Address changed', 'chatello'),
    active: __('Active', 'chatello'),
    refused: __('Not valid', 'chatello'),
    unverified: __('Not confirmed', 'chatello'),
  }[state];
}

/** The sentence below the state, with the way out of it; empty where all is well. */
export function stateText(status: Status): string {
  if (status.state === 'refused') return problemText({ code: status.code, message: status.message });
  if (status.state === 'unreadable') return __('The security keys in wp-config.php were changed since the licence key was stored, so it cannot be read any more. Enter it again.', 'chatello');
  if (status.state === 'inactive') return __('There is a key, but this site is not activated with it yet.', 'chatello');
  if (status.state === 'unverified') return __('The licence server could not be reached for 14 days, so the assistant is paused. Press “Check now”; if that fails, ask your host whether outgoing connections are allowed.', 'chatello');
  if (status.state === 'active' && status.failures > 0 && status.grace_until) {
    /* translators: %s: date */
    return sprintf(__('The licence server could not be reached lately. Everything goes on until %s; we keep trying.', 'chatello'), day(status.grace_until));
  }
  return '';
}

export function day(iso: string): string {
  return new Date(iso).toLocaleDateString(document.documentElement.lang || undefined, { dateStyle: 'long' });
}
