import { estimateTokens, noTokens, type MeteredUsage } from '../../usage/token-usage.rules.ts';
import { isObject, numberOf, objectOf, textOf, type Json } from '../gateway/loose.rules.ts';

// What recordings and spoken text come to where nobody says it: 64 kbit/s, and the tokens in which OpenAI's models count sound.
const recordedBytesPerMs = 8;
const heardTokensPerMs = 1 / 60;
const spokenTokensPerCharacter = 1.5;
const wavHeaderBytes = 44;

/** What transcribing a recording of this size is estimated to take; `start` are its first bytes, which tell the length of a WAV. */
export function recordingEstimate(fileBytes: number, start: Buffer): MeteredUsage {
  const audioMs = Math.ceil(fileBytes / (wavBytesPerMs(start) ?? recordedBytesPerMs));
  return { ...noTokens, audioMs, input: Math.ceil(audioMs * heardTokensPerMs), output: Math.ceil(audioMs * heardTokensPerMs), isExact: false };
}

/** What speaking a text takes: its characters, which is what the older models are billed by; of others also the tokens, estimated. */
export function speechEstimate(model: string, input: string, instructions: string): MeteredUsage {
  const characters = [...input].length;
  if (/(^|\/)tts-/.test(model)) return { ...noTokens, characters, isExact: true };
  return { ...noTokens, characters, input: estimateTokens(characters + instructions.length), output: Math.ceil(characters * spokenTokensPerCharacter), isExact: false };
}

/** What a whole transcription says that it took: tokens or the length of the recording. Undefined when it says nothing. */
export function transcriptionUsage(answer: Json): MeteredUsage | undefined {
  const reported = reportedUsage(answer['usage']);
  if (reported) return reported;
  // The verbose answer has always told the length; some servers write it as a text.
  const seconds = Number(answer['duration'] ?? Number.NaN);
  return Number.isFinite(seconds) ? { ...noTokens, audioMs: seconds * 1000, isExact: true } : undefined;
}

/** What an event of a stream says: of a transcription (`transcript.text.delta`) or of speech (`speech.audio.delta`). */
export type AudioFacts = { text: string; usage: MeteredUsage | undefined; isEnd: boolean; error: { type: string; message: string } | undefined };

export function audioEventFacts(event: Json): AudioFacts {
  const type = textOf(event['type']);
  const error = event['error'] === undefined || event['error'] === null ? undefined : objectOf(event['error']);
  return {
    text: textOf(event['delta']) || textOf(event['audio']) || textOf(event['text']),
    usage: reportedUsage(event['usage']),
    isEnd: type === 'transcript.text.done' || type === 'speech.audio.done',
    error: error && { type: textOf(error['code']) || textOf(error['type']) || 'error', message: textOf(error['message']) },
  };
}

function reportedUsage(usage: unknown): MeteredUsage | undefined {
  if (!isObject(usage)) return undefined;
  if (usage['type'] === 'duration') return { ...noTokens, audioMs: numberOf(usage['seconds']) * 1000, isExact: true };
  if (typeof usage['input_tokens'] !== 'number' && typeof usage['output_tokens'] !== 'number') return undefined;
  return { ...noTokens, input: numberOf(usage['input_tokens']), cached: numberOf(objectOf(usage['input_token_details'])['cached_tokens']), output: numberOf(usage['output_tokens']), isExact: true };
}

/** From its header: bytes in a second. */
function wavBytesPerMs(start: Buffer): number | undefined {
  if (start.length < wavHeaderBytes || start.toString('latin1', 0, 4) !== 'RIFF' || start.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  const bytesPerSecond = start.readUInt32LE(28);
  return bytesPerSecond > 0 ? bytesPerSecond / 1000 : undefined;
}
