import { passwordRoles, type Role } from '../../access/access.rules.ts';
import { parseSetting, settingNames, settingText, type SettingName } from '../../config.ts';
import type { Deps } from '../../deps.ts';
import { changeSettings, listSettings, problemOf } from '../../settings/change-settings.ts';
import { listAudit } from '../lists.store.ts';
import { countWithoutApp } from '../users-list.store.ts';
import type { Translate } from '../web/locale.ts';
import { page, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const groups: { key: string; names: SettingName[] }[] = [
  { key: 'mail', names: ['VENDOR_NAME', 'MAIL_FROM', 'SUPPORT_EMAIL', 'DEFAULT_LANGUAGE'] },
  { key: 'selling', names: ['SUBSCRIPTION_GRACE_DAYS', 'REMINDER_DAYS', 'SHOP_URL'] },
  { key: 'operations', names: ['OPERATOR_EMAIL', 'WEBHOOK_RETENTION_DAYS'] },
  { key: 'accounts', names: ['REQUIRE_TOTP'] },
];
/** Of whom an authenticator app may be required, from nobody to everybody; any other list of roles can be set by API and environment. */
const appChoices: Role[][] = [[], ['superadmin'], ['superadmin', 'support'], [...passwordRoles]];
const inputs: Partial<Record<SettingName, { type?: string; inputmode?: string; choices?: string[] }>> = {
  SUPPORT_EMAIL: { type: 'email', inputmode: 'email' },
  OPERATOR_EMAIL: { type: 'email', inputmode: 'email' },
  SHOP_URL: { type: 'url', inputmode: 'url' },
  SUBSCRIPTION_GRACE_DAYS: { inputmode: 'numeric' },
  WEBHOOK_RETENTION_DAYS: { inputmode: 'numeric' },
  DEFAULT_LANGUAGE: { choices: ['en', 'it'] },
};
const historyShown = 10;

/** What can be changed without a restart. */
export function settingsPages(deps: Deps): Page[] {
  return [
    page('get', '/settings', 'settings.write', async (context) => settingsPage(deps, context)),

    page('post', '/settings', 'settings.write', async (context) => {
      const { form, by, t } = context;
      const settings = await listSettings(deps);
      const entered = settingNames.filter((name) => form[name] !== undefined && settings.some((setting) => setting.name === name && !setting.isGiven));
      const errors = Object.fromEntries(entered.flatMap((name) => (problemOf(deps.config, name, form[name] ?? '') === undefined ? [] : [[name, t(`settings.error.${name}`)]])));
      if (Object.keys(errors).length > 0) return settingsPage(deps, context, form, errors);
      await changeSettings(deps, Object.fromEntries(entered.map((name) => [name, form[name] ?? ''])), by);
      return { redirect: '/settings?done=saved' };
    }),
  ];
}

async function settingsPage(deps: Deps, { query, t }: SignedInContext, form: Record<string, string> = {}, errors?: Record<string, string>): Promise<Answer> {
  const settings = new Map((await listSettings(deps)).map((setting) => [setting.name, setting]));
  const shown = groups.map(({ key, names }) => ({
    key,
    settings: names.flatMap((name) => {
      const setting = settings.get(name);
      if (!setting) return [];
      const { choices, ...input } = inputs[name] ?? {};
      const value = form[name] ?? setting.text;
      const offered = name === 'REQUIRE_TOTP' ? rolesOffered(deps, value, t) : choices?.map((code) => ({ code, text: t(`language.${code}`), isCurrent: code === value }));
      return { ...setting, ...input, value, error: errors?.[name], choices: offered, isOfAccounts: name === 'REQUIRE_TOTP' };
    }),
  }));
  const without = (await countWithoutApp(deps.db)).map(({ role, count }) => t('settings.without_app', { role: t(`role.${role}`), count }));
  const audit = (await listAudit(deps.db, { entity: 'settings' }, {})).rows.slice(0, historyShown);
  return { view: 'settings', title: t('nav.settings'), status: errors ? 422 : 200, data: { groups: shown, without, audit, errors, done: query['done'] === 'saved' ? t('settings.done') : undefined } };
}

/** The choices for whose accounts need an app; a list that is none of them stands there as it is. */
function rolesOffered({ config }: Pick<Deps, 'config'>, text: string, t: Translate): { code: string; text: string; isCurrent: boolean }[] {
  const parsed = parseSetting(config, 'REQUIRE_TOTP', text);
  const current = 'value' in parsed ? settingText(parsed.value) : '';
  const offered = appChoices.map((roles, index) => ({ code: settingText(roles), text: t(`settings.app_choice.${index}`) }));
  const own = current === '' || offered.some(({ code }) => code === current) ? [] : [{ code: current, text: current.split(', ').map((role) => t(`role.${role}`)).join(', ') }];
  return [...offered, ...own].map((choice) => ({ ...choice, isCurrent: choice.code === current }));
}
