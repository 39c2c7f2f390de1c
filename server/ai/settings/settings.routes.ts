import { z } from 'zod';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { knownLicense } from '../../http/license-auth.ts';
import { licenseKeyHeader } from '../../http/license-key.ts';
import { limitByAddress } from '../../http/rate-limit.ts';
import { route, type Route } from '../../http/route.ts';
import type { AiSettings } from './ai-settings.rules.ts';
import { dollarsOf, microcentsOf } from '../../usage/dollars.rules.ts';
import { changeAiSettings, type AiSettingsChange } from './change-ai-settings.ts';
import { findAiSettings, settingsOf } from './find-ai-settings.ts';
import { openPrompt } from './seal-prompt.ts';

const budget = z.string().regex(/^\d{1,6}(\.\d{1,2})?$/, 'must be US dollars as a text such as "25" or "25.50", less than a million').meta({ description: 'The most that the AI of this licence may cost in a calendar month (UTC), in US dollars; null: no limit of its own.', example: '25.00' });
const topics = z.array(z.string().trim().min(1, 'must not be empty').max(100, 'must be at most 100 characters')).max(50, 'at most 50 topics');
const fields = {
  paused: z.boolean().meta({ description: 'While it is, every AI request is refused with AI_PAUSED.' }),
  monthly_budget: budget.nullable(),
  system_prompt: z.string().max(8_000, 'must be at most 8,000 characters').nullable().meta({ description: 'Rules that stand before every conversation, whoever asks. Kept encrypted.', example: 'You are the assistant of a shoe shop. Be brief.' }),
  allowed_topics: topics.meta({ description: 'When there are any, the assistant is told to answer nothing else.', example: ['shoes', 'orders and returns'] }),
  blocked_topics: topics.meta({ description: 'What the assistant is told never to discuss.', example: ['politics'] }),
  max_input_characters: z.int().min(100, 'must be at least 100').max(10_000_000, 'must be at most 10,000,000').nullable().meta({ description: 'The longest request, counted in characters of text; null: no limit of its own.', example: 20_000 }),
  moderated: z.boolean().meta({ description: "Show each question to the vendor's moderation service first, if this server has one." }),
  cache_seconds: z.int().min(0).max(86_400, 'must be at most 86,400').meta({ description: 'For how long an answer may be given again to a request that is the same byte for byte; 0: never. Answers are kept encrypted meanwhile.' }),
};
const aiSettings = z.object({ ...fields, paused_at: z.iso.datetime().nullable() }).meta({ id: 'AiSettings' });

/** What the owner of a licence decides on its AI. */
export function aiSettingsRoutes({ db, vault, now }: Deps): Route[] {
  const common = { tag: 'AI', auth: 'license', headers: licenseKeyHeader, before: [limitByAddress(300)], responses: { 200: { description: 'The settings as they are now.', schema: aiSettings } }, errors: ['LICENSE_INVALID'] } as const;
  const licenseOf = async (key: string) => (await knownLicense(db, vault, { key }, now())).license.id;
  const answer = (licenseId: string, settings: AiSettings) => ({ body: settingsBody(settings, settings.sealedPrompt === null ? null : openPrompt(vault, licenseId, settings.sealedPrompt)) });
  const change = async (key: string, requestId: unknown, changes: AiSettingsChange) => {
    const licenseId = await licenseOf(key);
    const row = await transact(db, (trx) => changeAiSettings(trx, vault, licenseId, changes, { actor: 'site', requestId: String(requestId) }, now()));
    return answer(licenseId, settingsOf(row));
  };

  const read = route({ ...common, errors: ['LICENSE_INVALID'], method: 'get', path: '/api/v1/ai-settings', operationId: 'readAiSettings', summary: 'What the owner of this licence has decided on its AI' }, async ({ headers }) => {
    const licenseId = await licenseOf(headers['x-license-key']);
    return answer(licenseId, await findAiSettings(db, licenseId));
  });
  const write = route(
    {
      ...common, errors: ['LICENSE_INVALID'], method: 'put', path: '/api/v1/ai-settings', operationId: 'changeAiSettings', summary: 'Decide on the AI of this licence',
      description: 'Only what is sent is changed. Takes effect with the next request. What visitors ask and what they are answered is not kept, but for the cache, where it is switched on.',
      body: z.object(fields).partial().refine((body) => Object.values(body).some((value) => value !== undefined), 'send at least one setting'),
    },
    ({ headers, body, res }) =>
      change(headers['x-license-key'], res.locals['requestId'], {
        isPaused: body.paused,
        monthlyBudgetMicrocents: typeof body.monthly_budget === 'string' ? microcentsOf(body.monthly_budget) : body.monthly_budget,
        systemPrompt: body.system_prompt === '' ? null : body.system_prompt,
        allowedTopics: body.allowed_topics,
        blockedTopics: body.blocked_topics,
        maxInputCharacters: body.max_input_characters,
        isModerated: body.moderated,
        cacheSeconds: body.cache_seconds,
      }),
  );
  const pause = route(
    { ...common, errors: ['LICENSE_INVALID'], method: 'post', path: '/api/v1/ai-settings/pause', operationId: 'pauseAi', summary: 'Stop the AI of this licence', description: 'Until it is resumed every AI request is refused with AI_PAUSED. May be repeated.' },
    ({ headers, res }) => change(headers['x-license-key'], res.locals['requestId'], { isPaused: true }),
  );
  const resume = route(
    { ...common, errors: ['LICENSE_INVALID'], method: 'post', path: '/api/v1/ai-settings/resume', operationId: 'resumeAi', summary: 'Let the AI of this licence answer again', description: 'May be repeated.' },
    ({ headers, res }) => change(headers['x-license-key'], res.locals['requestId'], { isPaused: false }),
  );
  return [read, write, pause, resume];
}

function settingsBody(settings: AiSettings, systemPrompt: string | null): z.input<typeof aiSettings> {
  return {
    paused: settings.pausedAt !== null,
    paused_at: settings.pausedAt === null ? null : new Date(settings.pausedAt).toISOString(),
    monthly_budget: settings.monthlyBudgetMicrocents === null ? null : dollarsOf(settings.monthlyBudgetMicrocents),
    system_prompt: systemPrompt,
    allowed_topics: settings.allowedTopics,
    blocked_topics: settings.blockedTopics,
    max_input_characters: settings.maxInputCharacters,
    moderated: settings.isModerated,
    cache_seconds: settings.cacheSeconds,
  };
}
