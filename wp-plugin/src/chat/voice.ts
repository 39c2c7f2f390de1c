type Recognition = EventTarget & { lang: string; interimResults: boolean; start: () => void; stop: () => void; abort: () => void; onresult: ((event: { results: ArrayLike<ArrayLike<{ transcript: string }>> }) => void) | null; onend: (() => void) | null; onerror: (() => void) | null };
type SpeechWindow = { SpeechRecognition?: new () => Recognition; webkitSpeechRecognition?: new () => Recognition };

/** Whether this browser can turn speech into text. */
export function canListen(): boolean {
  const { SpeechRecognition, webkitSpeechRecognition } = globalThis as SpeechWindow;
  return Boolean(SpeechRecognition ?? webkitSpeechRecognition);
}

/** Whether this browser offers to read aloud. Some do without a single voice: see hasVoice. */
export function canSpeak(): boolean {
  return 'speechSynthesis' in globalThis;
}

/** Whether this browser has a voice now. They are loaded late: the first call only makes it look for them. */
export function hasVoice(): boolean {
  return canSpeak() && speechSynthesis.getVoices().length > 0;
}

/** Listens once, only ever called by a click. `onText` gets what was understood so far; `onEnd` whether anything was. Returns what ends it. */
export function listen(language: string, onText: (text: string) => void, onEnd: (understood: boolean) => void): () => void {
  const { SpeechRecognition, webkitSpeechRecognition } = globalThis as SpeechWindow;
  const Recogniser = SpeechRecognition ?? webkitSpeechRecognition;
  if (!Recogniser) {
    onEnd(false);
    return () => undefined;
  }
  const recognition = new Recogniser();
  let understood = false;
  recognition.lang = language;
  recognition.interimResults = true;
  recognition.onresult = ({ results }) => {
    const text = Array.from(results, (result) => result[0]?.transcript ?? '').join('');
    understood ||= text.trim() !== '';
    onText(text);
  };
  recognition.onend = () => onEnd(understood);
  recognition.start();
  return () => recognition.stop();
}

/** Reads a text aloud until its end or the signal. False when the browser could not. */
export function speak(text: string, language: string, signal: AbortSignal): Promise<boolean> {
  speechSynthesis.cancel();
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language;
  signal.addEventListener('abort', () => speechSynthesis.cancel());
  return new Promise((resolve) => {
    utterance.addEventListener('end', () => resolve(true));
    utterance.addEventListener('error', ({ error }) => resolve(error === 'canceled' || error === 'interrupted'));
    speechSynthesis.speak(utterance);
  });
}

/** Plays sounds. To be made within a click: browsers let no sound begin by itself. No media element, for which strict policies leave no place. */
export function createPlayer(): { play: (sound: ArrayBuffer, signal: AbortSignal) => Promise<void>; close: () => void } {
  const context = new AudioContext();
  void context.resume();
  return {
    async play(sound, signal) {
      const source = context.createBufferSource();
      source.buffer = await context.decodeAudioData(sound);
      signal.throwIfAborted();
      source.connect(context.destination);
      await new Promise<void>((resolve) => {
        source.addEventListener('ended', () => resolve());
        signal.addEventListener('abort', () => source.stop());
        source.start();
      });
    },
    close: () => void context.close(),
  };
}

/** Whether this browser can record, for those that cannot listen. */
export function canRecord(): boolean {
  return 'MediaRecorder' in globalThis && Boolean((navigator as Partial<Navigator>).mediaDevices);
}

const longestRecordingMs = 60_000;

/** Records once, only ever called by a click, at most a minute. `onEnd` gets the recording, or nothing where the microphone was refused. Returns what ends it. */
export function record(onEnd: (recording: Blob | undefined) => void): () => void {
  let recorder: MediaRecorder | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    if (recorder?.state === 'recording') recorder.stop();
  };
  navigator.mediaDevices.getUserMedia({ audio: true }).then(
    (stream) => {
      const pieces: Blob[] = [];
      const made = new MediaRecorder(stream);
      recorder = made;
      made.addEventListener('dataavailable', ({ data }) => pieces.push(data));
      made.addEventListener('stop', () => {
        for (const track of stream.getTracks()) track.stop();
        onEnd(new Blob(pieces, { type: made.mimeType }));
      });
      made.start();
      setTimeout(stop, longestRecordingMs);
      if (isOver) made.stop();
    },
    () => onEnd(undefined),
  );
  return stop;
}
