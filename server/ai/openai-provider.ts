import OpenAI from 'openai';
import { AppError } from '../errors.ts';
import type { TokenUsage } from '../usage/token-usage.rules.ts';
import type { ChatEvent, FinishReason, Provider, ProviderName, ProviderRequest } from './provider.ts';
import { providerError, type ProviderFace } from './provider-errors.ts';
import { hasEnded, upstreamFetch } from './upstream-fetch.ts';

type Settings = {
  name: ProviderName;
  title: string;
  baseUrl: string;
  /** Undefined: the server wants none (Ollama). */
  apiKey: string | undefined;
  keyVariable: string;
  addressVariable: string;
  defaultModel: string | undefined;
  modelVariable: string;
  timeoutMs: number;
  /** OpenAI itself counts reasoning in max_completion_tokens and refuses max_tokens for newer models; the others know max_tokens only. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Fields of this provider alone, sent with every request. */
  extra?: Record<string, unknown>;
};

/** OpenAI, DeepSeek and every server that speaks OpenAI's chat completions, through the official SDK. */
export function openAiProvider(settings: Settings): Provider {
  const { name, title, apiKey, defaultModel, modelVariable, keyVariable, addressVariable } = settings;
  const client = new OpenAI({
    baseURL: settings.baseUrl,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: settings.timeoutMs,
    logLevel: 'off',
    fetch: upstreamFetch,
    ...(apiKey === undefined ? { defaultHeaders: { Authorization: null } } : {}),
  });
  const face: ProviderFace = { title, keyVariable, addressVariable, secrets: apiKey === undefined ? [] : [apiKey] };
  const body = ({ model, messages, temperature, maxTokens }: ProviderRequest) => ({
    model,
    messages,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { [settings.maxTokensField]: maxTokens }),
    ...settings.extra,
  });

  return {
    name, title, defaultModel, modelVariable,
    async *chat(request, signal) {
      try {
        if (request.stream) {
          const { data, response, request_id } = await client.chat.completions.create({ ...body(request), stream: true, stream_options: { include_usage: true } }, { signal }).withResponse();
          yield { type: 'accepted', requestId: request_id ?? undefined };
          yield* streamEvents(data, response);
        } else {
          const { data, request_id } = await client.chat.completions.create({ ...body(request), stream: false }, { signal }).withResponse();
          yield { type: 'accepted', requestId: request_id ?? undefined };
          yield* answerEvents(data, title);
        }
      } catch (error) {
        if (!signal.aborted) throw providerError(error, face, request.model);
      }
    },
  };
}

async function* streamEvents(stream: AsyncIterable<OpenAI.ChatCompletionChunk>, response: Response): AsyncGenerator<ChatEvent> {
  let finishReason: FinishReason = 'stop';
  let isFinished = false;
  let model = '';
  for await (const chunk of stream) {
    if (chunk.model && chunk.model !== model) {
      model = chunk.model;
      yield { type: 'model', model };
    }
    const choice = chunk.choices?.[0];
    const text = choice?.delta?.content ?? choice?.delta?.refusal ?? '';
    if (choice?.finish_reason) {
      finishReason = normalFinishReason(choice.finish_reason);
      isFinished = true;
    }
    yield text === '' ? { type: 'progress' } : { type: 'text', text };
    if (chunk.usage) yield { type: 'usage', usage: tokens(chunk.usage), isFinal: isFinished || !choice };
  }
  if (hasEnded(response)) yield { type: 'end', finishReason };
}

function* answerEvents(answer: OpenAI.ChatCompletion, title: string): Generator<ChatEvent> {
  const choice = answer?.choices?.[0];
  if (!choice?.message) throw new AppError('PROVIDER_FAILED', `${title} sent an answer that could not be read. Try again.`, { detail: `${title}: no choice in the answer` });
  if (answer.model) yield { type: 'model', model: answer.model };
  const text = choice.message.content ?? choice.message.refusal ?? '';
  if (text !== '') yield { type: 'text', text };
  if (answer.usage) yield { type: 'usage', usage: tokens(answer.usage), isFinal: true };
  yield { type: 'end', finishReason: normalFinishReason(choice.finish_reason) };
}

/** DeepSeek reports cached tokens under a name of its own; both are included in the prompt's tokens. */
function tokens(usage: OpenAI.CompletionUsage & { prompt_cache_hit_tokens?: number }): TokenUsage {
  return {
    input: usage.prompt_tokens ?? 0,
    cached: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0,
    cacheWrite: 0,
    output: usage.completion_tokens ?? 0,
    reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}

function normalFinishReason(reason: string | null): FinishReason {
  if (reason === 'length' || reason === 'content_filter') return reason;
  return reason === 'tool_calls' || reason === 'function_call' ? 'tool_calls' : 'stop';
}
