import Anthropic from '@anthropic-ai/sdk';
import { AppError } from '../errors.ts';
import type { TokenUsage } from '../usage/token-usage.rules.ts';
import type { ChatEvent, FinishReason, Provider, ProviderRequest } from './provider.ts';
import { providerError, type ProviderFace } from './provider-errors.ts';
import { upstreamFetch } from './upstream-fetch.ts';

type Settings = { baseUrl: string; apiKey: string; defaultModel: string; timeoutMs: number };

const title = 'Anthropic';
const defaultMaxTokens = 4_096;
const maxTemperature = 1;

/** Anthropic's Messages API through the official SDK. */
export function anthropicProvider({ baseUrl, apiKey, defaultModel, timeoutMs }: Settings): Provider {
  const client = new Anthropic({ baseURL: baseUrl, apiKey, authToken: null, maxRetries: 0, timeout: timeoutMs, logLevel: 'off', openTelemetry: false, fetch: upstreamFetch });
  const face: ProviderFace = { title, keyVariable: 'ANTHROPIC_API_KEY', addressVariable: 'ANTHROPIC_BASE_URL', secrets: [apiKey] };
  return {
    name: 'anthropic', title, defaultModel, modelVariable: 'ANTHROPIC_MODEL',
    async *chat(request, signal) {
      try {
        if (request.stream) {
          const { data, request_id } = await client.messages.create({ ...body(request), stream: true }, { signal }).withResponse();
          yield { type: 'accepted', requestId: request_id ?? undefined };
          yield* streamEvents(data);
        } else {
          const { data, request_id } = await client.messages.create({ ...body(request), stream: false }, { signal }).withResponse();
          yield { type: 'accepted', requestId: request_id ?? undefined };
          yield* answerEvents(data);
        }
      } catch (error) {
        if (!signal.aborted) throw providerError(error, face, request.model);
      }
    },
  };
}

/** System messages stand apart, max_tokens is mandatory, and the temperature ends at 1: anything above becomes 1. */
function body({ model, messages, temperature, maxTokens }: ProviderRequest) {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content).join('\n\n');
  return {
    model,
    max_tokens: maxTokens ?? defaultMaxTokens,
    messages: messages.flatMap(({ role, content }) => (role === 'system' ? [] : [{ role, content }])),
    ...(system === '' ? {} : { system }),
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, maxTemperature) }),
  };
}

async function* streamEvents(stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): AsyncGenerator<ChatEvent> {
  let usage: ReportedUsage = {};
  let finishReason: FinishReason = 'stop';
  for await (const event of stream) {
    switch (event.type) {
      case 'message_start':
        yield { type: 'model', model: event.message.model };
        usage = event.message.usage;
        yield { type: 'usage', usage: tokens(usage), isFinal: false };
        break;
      case 'content_block_start':
        yield event.content_block.type === 'text' && event.content_block.text !== '' ? { type: 'text', text: event.content_block.text } : { type: 'progress' };
        break;
      case 'content_block_delta':
        yield event.delta.type === 'text_delta' && event.delta.text !== '' ? { type: 'text', text: event.delta.text } : { type: 'progress' };
        break;
      case 'message_delta':
        finishReason = normalFinishReason(event.delta.stop_reason);
        // Cumulative: what it names replaces what message_start said.
        usage = { ...usage, ...withoutNulls(event.usage) };
        yield { type: 'usage', usage: tokens(usage), isFinal: event.delta.stop_reason !== null };
        break;
      case 'message_stop':
        yield { type: 'end', finishReason };
        break;
      default:
        yield { type: 'progress' };
    }
  }
}

function* answerEvents(answer: Anthropic.Message): Generator<ChatEvent> {
  if (!Array.isArray(answer?.content)) throw new AppError('PROVIDER_FAILED', `${title} sent an answer that could not be read. Try again.`, { detail: `${title}: no content in the answer` });
  yield { type: 'model', model: answer.model };
  const text = answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  if (text !== '') yield { type: 'text', text };
  yield { type: 'usage', usage: tokens(answer.usage), isFinal: true };
  yield { type: 'end', finishReason: normalFinishReason(answer.stop_reason) };
}

type ReportedUsage = {
  input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  output_tokens?: number | null;
  output_tokens_details?: { thinking_tokens: number } | null;
};

/** Anthropic counts input outside the cache, written to it and read from it apart; output includes thinking. */
function tokens(usage: ReportedUsage): TokenUsage {
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    input: (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0) + cached,
    cached,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
    output: usage.output_tokens ?? 0,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}

function withoutNulls(usage: ReportedUsage): ReportedUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null && value !== undefined));
}

function normalFinishReason(reason: Anthropic.StopReason | null): FinishReason {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    case 'tool_use':
      return 'tool_calls';
    default:
      return 'stop';
  }
}
