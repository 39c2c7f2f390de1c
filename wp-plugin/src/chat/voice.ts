type Recognition = EventTarget & { lang: string; interimResults: boolean; start: () => void; stop: () => void; abort: () => void; onresult: ((event: { results: ArrayLike<ArrayLike<{ transcript: string }>> }) => void) | null; onend: (() => void) | null; onerror: (() => void) | null };
type SpeechWindow = { SpeechRecognition?: new () => Recognition; webkitSpeechRecognition?: new () => Recognition };

/** Whether this browser can turn speech into text. */
export function canListen(): boolean {
  const { SpeechRecognition, webkitSpeechRecognition } = globalThis as SpeechWindow;
  return Boolean(SpeechRecognition ?? webkitSpeechRecognition);
}

/** Whether this browser can read aloud. */
export function canSpeak(): boolean {
  return 'speechSynthesis' in globalThis;
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

/** Reads a text aloud; `onEnd` when it is over. Returns what stops it. */
export function speak(text: string, language: string, onEnd: () => void): () => void {
  speechSynthesis.cancel();
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language;
  utterance.addEventListener('end', onEnd);
  utterance.addEventListener('error', onEnd);
  speechSynthesis.speak(utterance);
  return () => speechSynthesis.cancel();
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
