import { settingNames, type SettingName } from '../../config.ts';
import type { Deps } from '../../deps.ts';
import { changeSettings, listSettings, problemOf } from '../../settings/change-settings.ts';
import { listAudit } from '../lists.store.ts';
import { page, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const groups: { key: string; names: SettingName[] }[] = [
  { key: 'mail', names: ['VENDOR_NAME', 'MAIL_FROM', 'SUPPORT_EMAIL', 'DEFAULT_LANGUAGE'] },
  { key: 'selling', names: ['SUBSCRIPTION_GRACE_DAYS', 'REMINDER_DAYS', 'SHOP_URL'] },
  { key: 'operations', names: ['OPERATOR_EMAIL', 'WEBHOOK_RETENTION_DAYS'] },
];
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
      const errors = Object.fromEntries(entered.flatMap((name) => (problemOf(name, form[name] ?? '') === undefined ? [] : [[name, t(`settings.error.${name}`)]])));
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
      return { ...setting, ...input, value, error: errors?.[name], choices: choices?.map((code) => ({ code, isCurrent: code === value })) };
    }),
  }));
  const audit = (await listAudit(deps.db, { entity: 'settings' }, {})).rows.slice(0, historyShown);
  return { view: 'settings', title: t('nav.settings'), status: errors ? 422 : 200, data: { groups: shown, audit, errors, done: query['done'] === 'saved' ? t('settings.done') : undefined } };
}
