import { createServer } from 'node:http';

/** The instant provider of bench:proxy: answers at once, in OpenAI's protocol. A stream for the model `hold` stays open after its first event. */
const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-5.4-mini' };
const usage = { prompt_tokens: 120, completion_tokens: 40, total_tokens: 160, prompt_tokens_details: { cached_tokens: 20 } };
const words = 'Rubber boots keep feet dry in rain and mud all day long '.split(' ');
const chunk = (delta: object, finish: string | null = null) => `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }], usage: null })}\n\n`;
const first = chunk({ role: 'assistant', content: '' });
const stream = [first, ...words.map((content) => chunk({ content })), chunk({}, 'stop'), `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`, 'data: [DONE]\n\n'].join('');
const answer = JSON.stringify({ ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: words.join(' ') }, finish_reason: 'stop' }], usage });

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (bytes: Buffer) => chunks.push(bytes));
  req.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const isStream = body.includes('"stream":true');
    res.writeHead(200, { 'Content-Type': isStream ? 'text/event-stream' : 'application/json' });
    if (body.includes('"hold"')) res.write(first);
    else res.end(isStream ? stream : answer);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
