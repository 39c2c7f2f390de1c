import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, before, it } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { addPriceVersion } from '../../server/ai/catalog/add-price-version.ts';
import { refreshCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { counted, lastRow, ledger } from './chat-client.ts';
import { openAiError } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { hang, json, openEvents, type Received, type Script } from './upstream.ts';

const recording = randomBytes(64_000);
const tokens = { type: 'tokens', input_tokens: 14, input_token_details: { text_tokens: 0, audio_tokens: 14, cached_tokens: 4 }, output_tokens: 45, total_tokens: 59 };
const formOf = ({ bytes, headers }: Received) => new Response(new Uint8Array(bytes), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
const event = (fields: object) => `data: ${JSON.stringify(fields)}\n\n`;
const text = (type: string, body: string): Script => (res) => void res.writeHead(200, { 'content-type': type, 'x-request-id': 'req_audio' }).end(body);
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

onBothDatabases('speech through the official SDK', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  const file = () => toFile(recording, 'question.webm', { type: 'audio/webm' });
  const last = () => way.upstream.received.at(-1) as Received;
  const row = async () => {
    const { endpoint, provider, model, status, charged_requests, input_tokens, cached_tokens, output_tokens, characters, audio_ms, is_exact } = await lastRow(way.app);
    return { endpoint, provider, model, status, charged: charged_requests, tokens: [input_tokens, cached_tokens, output_tokens], characters, audio_ms, is_exact };
  };
  const begin = (res: ServerResponse) => openEvents(res, { 'x-request-id': 'req_audio' });

  it('a recording is transcribed: the form goes on as it came, the tokens stand in the ledger', async () => {
    way.upstream.answer((res) => json(res, 200, { text: 'Do you have boots?', usage: tokens, logprobs: [] }));
    const answer = await way.openAi().audio.transcriptions.create({ file: await file(), model: 'gpt-4o-transcribe', language: 'en', prompt: 'Boots & co. ü', temperature: 0.2, include: ['logprobs'], chunking_strategy: 'auto' });
    assert.deepEqual([answer.text, answer.usage], ['Do you have boots?', tokens]);
    const { path, headers } = last();
    assert.deepEqual([path, headers.authorization], ['/v1/audio/transcriptions', 'Bearer sk-openai-secret']);
    const form = await formOf(last());
    const sent = form.get('file') as File;
    assert.deepEqual([form.get('model'), form.get('language'), form.get('prompt'), form.get('temperature'), form.getAll('include[]'), sent.name, sent.type, sha(await sent.bytes())], ['gpt-4o-transcribe', 'en', 'Boots & co. ü', '0.2', ['logprobs'], 'question.webm', 'audio/webm', sha(recording)]);
    assert.deepEqual(await row(), { endpoint: 'audio.transcriptions', provider: 'openai', model: 'gpt-4o-transcribe', status: 'completed', charged: 1, tokens: [14, 4, 45], characters: 0, audio_ms: 0, is_exact: 1 });
    const { cost_microcents: cost, price_version: version } = await lastRow(way.app);
    assert.ok(cost === 10 * 100 + 4 * 10 + 45 * 400 && version !== null, `${cost} by ${version}`);
  });

  it('byte by byte, unless the model has another name at the provider', async () => {
    const boundary = '----somebody-elses-boundary';
    const part = (name: string, value: string, more = '') => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
    const ask = (model: string) => {
      const body = `${part('x_unknown', 'kept')}${part('model', model)}${part('file', 'RIFF', '; filename="a.wav"')}--${boundary}--\r\n`;
      return fetch(`${way.url}/v1/audio/transcriptions?trace=1`, { method: 'POST', headers: { authorization: `Bearer ${developmentKey}`, 'content-type': `multipart/form-data; boundary=${boundary}` }, body }).then((answer) => ({ answer, body }));
    };
    way.upstream.answer((res) => json(res, 200, { text: 'hi' }));
    const { body } = await ask('whisper-1');
    assert.deepEqual([last().text, last().path], [body, '/v1/audio/transcriptions?trace=1']);
    await ask('openai/whisper-1');
    const form = await formOf(last());
    assert.deepEqual([form.get('model'), form.get('x_unknown'), await (form.get('file') as File).text()], ['whisper-1', 'kept', 'RIFF']);
  });

  it('in every format; what is not told is estimated from the size of the recording', async () => {
    const transcribe = async (format: 'text' | 'srt' | 'vtt') => way.openAi().audio.transcriptions.create({ file: await file(), model: 'whisper-1', response_format: format });
    for (const format of ['text', 'srt', 'vtt'] as const) {
      way.upstream.answer(text('text/plain; charset=utf-8', `1\n00:00:00,000 --> 00:00:02,000\n${format} ü\n`));
      assert.equal(await transcribe(format), `1\n00:00:00,000 --> 00:00:02,000\n${format} ü\n`);
      const { audio_ms, is_exact, charged } = await row();
      assert.deepEqual([audio_ms, is_exact, charged], [8_000, 0, 1]);
    }
    way.upstream.answer((res) => json(res, 200, { task: 'transcribe', language: 'english', duration: 8.47, text: 'hi', segments: [], usage: { type: 'duration', seconds: 9 } }));
    const verbose = await way.openAi().audio.transcriptions.create({ file: await file(), model: 'whisper-1', response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
    assert.equal(verbose.duration, 8.47);
    assert.deepEqual((await formOf(last())).getAll('timestamp_granularities[]'), ['word', 'segment']);
    const { audio_ms, is_exact, tokens: told } = await row();
    assert.deepEqual([audio_ms, is_exact, told], [9_000, 1, [0, 0, 0]]);
    assert.equal((await lastRow(way.app)).cost_microcents, (9 / 60) * 600_000);
  });

  it('a transcription streams, its usage is metered', async () => {
    way.upstream.answer((res) => {
      begin(res);
      for (const delta of ['Do you', ' have boots?']) res.write(event({ type: 'transcript.text.delta', delta }));
      res.write(event({ type: 'transcript.text.done', text: 'Do you have boots?', usage: tokens }));
      res.end('data: [DONE]\n\n');
    });
    const types: string[] = [];
    for await (const { type } of await way.openAi().audio.transcriptions.create({ file: await file(), model: 'gpt-4o-transcribe', stream: true })) types.push(type);
    assert.deepEqual(types, ['transcript.text.delta', 'transcript.text.delta', 'transcript.text.done']);
    const { tokens: told, is_exact, status } = await row();
    assert.deepEqual([told, is_exact, status], [[14, 4, 45], 1, 'completed']);
  });

  it('a text is spoken: the sound comes as the provider makes it, and its characters are counted', async () => {
    const sound = randomBytes(300_000);
    let more: (() => void) | undefined;
    way.upstream.answer((res) => {
      res.writeHead(200, { 'content-type': 'audio/mpeg' });
      res.write(sound.subarray(0, 1_000));
      more = () => res.end(sound.subarray(1_000));
    });
    const answer = await way.openAi().audio.speech.create({ model: 'openai/tts-1', voice: 'alloy', input: 'Grüße 👢', response_format: 'mp3', speed: 1.5 });
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const chunks = [(await reader.read()).value as Uint8Array];
    assert.deepEqual(Buffer.from(chunks[0] as Uint8Array), sound.subarray(0, 1_000));
    more?.();
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
    assert.equal(sha(Buffer.concat(chunks)), sha(sound));
    assert.deepEqual(last().body, { model: 'tts-1', voice: 'alloy', input: 'Grüße 👢', response_format: 'mp3', speed: 1.5 });
    assert.deepEqual(await row(), { endpoint: 'audio.speech', provider: 'openai', model: 'tts-1', status: 'completed', charged: 1, tokens: [0, 0, 0], characters: 7, audio_ms: 0, is_exact: 1 });
  });

  it('speech streams as events with its usage', async () => {
    way.upstream.answer((res) => {
      begin(res);
      res.write(event({ type: 'speech.audio.delta', audio: 'AAAA' }));
      res.end(event({ type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } }));
    });
    const answer = await way.openAi().audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'coral', input: 'Hello', stream_format: 'sse' });
    assert.match(await answer.text(), /speech\.audio\.delta.*speech\.audio\.done/s);
    const { tokens: told, is_exact, characters } = await row();
    assert.deepEqual([told, is_exact, characters], [[14, 0, 101], 1, 0]);
    assert.equal((await lastRow(way.app)).cost_microcents, 14 * 100 + 101 * 400);
  });

  it('what breaks off ends in an error, never as if it were whole', async () => {
    way.upstream.answer((res) => {
      begin(res);
      res.write(event({ type: 'transcript.text.delta', delta: 'Do you' }));
      res.end();
    });
    const stream = await way.openAi().audio.transcriptions.create({ file: await file(), model: 'gpt-4o-transcribe', stream: true });
    await assert.rejects(async () => {
      for await (const _ of stream);
    }, /broke off/);
    assert.deepEqual([(await row()).status, (await row()).charged], ['failed', 1]);
    way.upstream.answer((res) => {
      res.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '5000' });
      res.write(Buffer.alloc(100), () => res.destroy());
    });
    const answer = await way.openAi().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' });
    await assert.rejects(answer.arrayBuffer());
    const { status, charged, characters } = await row();
    assert.deepEqual([status, charged, characters], ['failed', 1, 5]);
  });

  it('a client that leaves ends the call to the provider and has used it', async () => {
    for (const kind of ['silent', 'speaking'] as const) {
      way.upstream.answer((res, request) => {
        if (kind === 'silent') return hang(res, request);
        res.writeHead(200, { 'content-type': 'audio/mpeg' });
        return void res.write(Buffer.alloc(1_000));
      });
      const count = way.upstream.received.length;
      const controller = new AbortController();
      const asking = way.openAi().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' }, { signal: controller.signal }).then((answer) => answer.arrayBuffer());
      const { over } = await way.upstream.request(count);
      controller.abort();
      await assert.rejects(asking);
      assert.equal(await over, 'cut');
      const { status, charged, characters } = await row();
      assert.deepEqual([status, charged, characters], ['aborted', 1, 5]);
    }
  });

  it('refusals are in the shape of the SDK, after one request, and cost nothing', async () => {
    way.requests();
    const before = (await counted(way.app)).month;
    const client = way.openAi();
    way.upstream.answer(openAiError(400, { message: 'Invalid file format. Supported formats: flac, mp3', param: 'file' }));
    await assert.rejects(async () => client.audio.transcriptions.create({ file: await file(), model: 'whisper-1' }), (error) => error instanceof OpenAI.BadRequestError && error.param === 'file' && /Invalid file format/.test(error.message));
    await assert.rejects(client.audio.speech.create({ model: 'claude-haiku-5-5', voice: 'alloy', input: 'x' }), (error) => error instanceof OpenAI.NotFoundError && /Anthropic speaks no texts/.test(error.message));
    await assert.rejects(async () => client.audio.transcriptions.create({ file: await file(), model: 'claude-haiku-5-5' }), OpenAI.NotFoundError);
    await assert.rejects(client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: '' }), (error) => error instanceof OpenAI.BadRequestError && error.param === 'input');
    assert.equal(way.requests(), 4);
    assert.equal((await counted(way.app)).month, before);
    const post = (body: FormData | string, type?: string) => fetch(`${way.url}/v1/audio/transcriptions`, { method: 'POST', headers: { authorization: `Bearer ${developmentKey}`, ...(type === undefined ? {} : { 'content-type': type }) }, body });
    const form = (...fields: [string, string | Blob][]) => {
      const made = new FormData();
      for (const [name, value] of fields) made.append(name, value);
      return made;
    };
    const sound = new Blob([recording]);
    const cases: [FormData, string][] = [[form(['model', 'whisper-1']), 'file'], [form(['file', sound]), 'model'], [form(['file', sound], ['model', 'a'], ['model', 'b']), 'model'], [form(['file', 'text'], ['model', 'whisper-1']), 'file'], [form(['file', sound], ['model', sound]), 'model'], [form(['file', sound], ['model', 'a'], ['stream', 'true'], ['stream', 'false']), 'stream']];
    for (const [body, param] of cases) {
      const refused = await post(body);
      const { error } = (await refused.json()) as { error: { param: string } };
      assert.deepEqual([refused.status, error.param, refused.headers.get('x-should-retry')], [400, param, 'false']);
    }
    assert.equal((await post('{}', 'application/json')).status, 415);
    assert.equal((await post('--x\r\nnonsense', 'multipart/form-data; boundary=x')).status, 400);
    assert.equal((await post('x', 'multipart/form-data')).status, 415);
    const tooLarge = await post(form(['model', 'whisper-1'], ['file', new Blob([Buffer.alloc(27 * 1024 * 1024)])])).catch(() => undefined);
    assert.ok(tooLarge === undefined || tooLarge.status === 413);
  });

  it('a recording of 25 MB fits, and a slow client does not fill the memory', async () => {
    const large = randomBytes(25 * 1024 * 1024);
    way.upstream.answer((res) => json(res, 200, { text: 'long' }));
    assert.equal((await way.openAi().audio.transcriptions.create({ file: await toFile(large, 'long.mp3'), model: 'whisper-1' })).text, 'long');
    assert.equal(sha(await ((await formOf(last())).get('file') as File).bytes()), sha(large));
    let sent = 0;
    way.upstream.answer(async (res) => {
      res.writeHead(200, { 'content-type': 'audio/wav' });
      const gone = once(res, 'close');
      while (sent < 200 && !res.destroyed) {
        sent += 1;
        if (!res.write(Buffer.alloc(1024 * 1024))) await Promise.race([once(res, 'drain'), gone]);
      }
      res.end();
    });
    const controller = new AbortController();
    const answer = await way.openAi().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'x', response_format: 'wav' }, { signal: controller.signal });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(sent < 100, `${sent} MB were taken from the provider though the client does not read`);
    controller.abort();
    assert.equal(await last().over, 'cut');
    assert.deepEqual((await ledger(way.app)).filter(({ status }) => status === 'reserved'), []);
  });

  it('a model that is priced in another unit than its provider reports is billed by the estimate, never as nothing', async () => {
    const free = { provider: 'openai', serviceTier: 'default', minInputTokens: 0, input: 0, cachedInput: null, cacheWrite: null, output: 0, reasoning: null, characters: null, audioMinute: null };
    const prices = [{ ...free, model: 'gpt-4o-mini-tts', characters: 1_600_000_000 }, { ...free, model: 'gpt-4o-transcribe', audioMinute: 600_000 }];
    const { deps, clock } = way.app;
    clock.now += 3_600_000;
    await addPriceVersion(deps.db, { validFrom: clock.now, note: undefined, prices }, { actor: 'test' }, clock.now);
    await refreshCatalog(deps);
    way.upstream.answer((res) => {
      begin(res);
      res.end(event({ type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } }));
    });
    await (await way.openAi().audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'coral', input: 'Hello', stream_format: 'sse' })).text();
    assert.equal((await lastRow(way.app)).cost_microcents, 5 * 1_600);
    way.upstream.answer((res) => json(res, 200, { text: 'hi', usage: tokens }));
    await way.openAi().audio.transcriptions.create({ file: await file(), model: 'gpt-4o-transcribe' });
    assert.equal((await lastRow(way.app)).cost_microcents, (8 / 60) * 600_000);
  });
});
