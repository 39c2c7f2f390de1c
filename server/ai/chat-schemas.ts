import { z } from 'zod';

const maxMessages = 500;
const maxContentCharacters = 500_000;
const maxOutputTokens = 128_000;
const maxTemperature = 2;

const message = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1, 'must not be empty').max(maxContentCharacters),
});

/** Historic clients write `OpenAI` and `openai_compatible`. */
const providerName = z
  .string()
  .transform((name) => name.trim().toLowerCase().replaceAll('_', '-'))
  .pipe(z.string().max(40).regex(/^[a-z][a-z0-9-]*$/, 'must be the name of a provider'));

/** A field that a client may leave out or send as null. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** The body of POST /api/chat. */
export const chatBody = z
  .object({
    messages: z
      .array(message)
      .min(1, 'send at least one message')
      .max(maxMessages)
      .refine((messages) => messages.some(({ role }) => role === 'user'), 'send at least one message with the role "user"'),
    api_provider: optional(providerName).meta({ description: 'One of the providers that this server has; without it the one that offers the model, or the first one.', example: 'openai' }),
    model: optional(z.string().trim().min(1).max(120).regex(/^[\x21-\x7e]+$/, 'must be the name of a model')).meta({ description: "The provider's name of the model; without it the server's default.", example: 'gpt-5.4-mini' }),
    temperature: optional(z.number().min(0).max(maxTemperature)).meta({ description: 'From 0 to 2; for Anthropic anything above 1 is taken as 1.' }),
    max_tokens: optional(z.int().min(1).max(maxOutputTokens)).meta({ description: 'The longest answer, in tokens.' }),
    stream: optional(z.boolean()).meta({ description: 'Answer as server-sent events.' }),
    domain: optional(z.string().max(2_000)).meta({ description: 'The site that asks; recorded when it is activated.' }),
  })
  .transform(({ api_provider: provider, max_tokens: maxTokens, stream, messages, model, temperature, domain }) => ({ provider, maxTokens, stream: stream ?? false, messages, model, temperature, domain }));

export type ChatInput = Omit<z.output<typeof chatBody>, 'domain'>;

const quotaWindow = z.object({ limit: z.int(), used: z.int(), remaining: z.int(), resets_at: z.iso.datetime() });

/** The answer of POST /api/chat. */
export const chatAnswerBody = z
  .object({
    id: z.string().meta({ description: "The request's number in the ledger." }),
    provider: z.string(),
    model: z.string(),
    message: z.object({ role: z.literal('assistant'), content: z.string() }),
    finish_reason: z.enum(['stop', 'length', 'content_filter', 'tool_calls']),
    usage: z.object({
      input_tokens: z.int(),
      cached_tokens: z.int().meta({ description: 'Included in input_tokens.' }),
      output_tokens: z.int(),
      reasoning_tokens: z.int().meta({ description: 'Included in output_tokens.' }),
      total_tokens: z.int(),
      exact: z.boolean().meta({ description: 'As the provider reported it; otherwise an estimate.' }),
    }),
    quota: z.object({ month: quotaWindow, hour: quotaWindow }).optional().meta({ description: 'After this request. Absent for one on a provider key of your own that does not count.' }),
  })
  .meta({ id: 'ChatAnswer' });
