import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { route, type Route } from '../../http/route.ts';
import { isActivatedOrigin } from '../../licenses/activated-origin.ts';
import { aiCaller, callerHeaders, callerOf, errorShapes } from '../gateway/caller.ts';
import { editedBytes } from '../gateway/attempt.ts';
import { answerRefusals, visitorRefusals } from '../gateway/documented-refusals.ts';
import { refuseTooLong } from '../guard-rails/guard-request.ts';
import { readAudioForm } from './audio-form.ts';
import { recordingEstimate, speechEstimate } from './audio-usage.rules.ts';
import { serveAudio } from './serve-audio.ts';

/** Files of 25 MB, as at OpenAI, with the form around them. */
const recordingLimitBytes = 26 * 1024 * 1024;
const textLimitBytes = 256 * 1024;

const model = z.string({ error: 'name the model; GET /v1/models lists those that are offered' }).min(1).max(200).meta({ description: 'A name from GET /v1/models, or `provider/model`.', example: 'gpt-4o-mini-tts' });
const speechBody = z.looseObject({ model, input: z.string({ error: 'send the text to be spoken' }).min(1), instructions: z.string().nullish(), stream_format: z.string().nullish() });
const sound = z.string().meta({ format: 'binary' });

const metering = 'Costs one request of the quota, unless the provider fails before it has said anything. What is used is taken from the answer where it says so, otherwise it is estimated. Refusals carry `x-should-retry: false`.';

/** Speech in and out, as OpenAI's SDK asks for it. */
export function audioRoutes(deps: Deps): Route[] {
  const common = { method: 'post', tag: 'AI drop-in', auth: 'license', headers: callerHeaders, errorShape: errorShapes.openai, before: aiCaller(deps, 'visitors'), cors: (origin: string) => isActivatedOrigin(deps.db, origin), errors: [...visitorRefusals, ...answerRefusals], passesBack: true } as const;
  const transcriptions = route(
    {
      ...common, path: '/v1/audio/transcriptions', operationId: 'createTranscription', summary: "OpenAI's transcription of a recording",
      description: ['A form (multipart/form-data) with `file` (up to 25 MB), `model`, and whatever else the provider knows: `language`, `prompt`, `response_format`, `stream`. It is passed on as it came, and the answer as it comes: JSON, text, subtitles or events.', metering].join('\n\n'),
      body: 'raw', bodyLimitBytes: recordingLimitBytes,
      responses: { 200: { description: 'As OpenAI answers.', schema: z.looseObject({ text: z.string() }) } },
    },
    async ({ req, res, body }) => {
      const form = await readAudioForm(req, body);
      return serveAudio(deps, {
        endpoint: 'audio.transcriptions', path: '/audio/transcriptions', lack: 'transcribes no recordings', model: form.model, isStream: form.isStream, req, res,
        estimate: () => recordingEstimate(form.fileBytes, form.start),
        bodyFor: (name) => form.withModel(name),
      });
    },
  );
  const speech = route(
    {
      ...common, path: '/v1/audio/speech', operationId: 'createSpeech', summary: "OpenAI's speech from text",
      description: ['Sound as it is made, or events with `stream_format: sse`. Fields that nobody here has heard of go to the provider untouched.', metering].join('\n\n'),
      body: speechBody, bodyLimitBytes: textLimitBytes,
      responses: { 200: { description: 'As OpenAI answers.', contentType: 'audio/mpeg', schema: sound } },
    },
    async ({ req, res, body }) => {
      refuseTooLong(body, callerOf(res).settings.maxInputCharacters);
      return serveAudio(deps, {
        endpoint: 'audio.speech', path: '/audio/speech', lack: 'speaks no texts', model: body.model, isStream: body.stream_format === 'sse', req, res,
        estimate: (name) => speechEstimate(name, body.input, body.instructions ?? ''),
        bodyFor: async (name) => ({ bytes: editedBytes(req.body as Buffer, body, name), contentType: 'application/json' }),
      });
    },
  );
  return [transcriptions, speech];
}
