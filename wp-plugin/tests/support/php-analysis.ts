import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

type LspMessage = { id?: number; method?: string; params?: { uri: string; diagnostics: { severity: number; message: string; range: { start: { line: number } } }[]; items?: unknown[] } };
const quietMs = 2_500;
const stubs = ['wordpress', 'Core', 'standard', 'curl', 'json', 'pcre', 'date', 'mbstring', 'sodium', 'hash', 'intl', 'SPL', 'filter', 'random', 'ctype', 'libxml', 'superglobals'];

/** What Intelephense, which knows WordPress, finds wrong in the plugin's PHP as PHP 7.4: `file:line message`. */
export async function analysePhp(root: string): Promise<string[]> {
  const files = globSync(['*.php', 'includes/**/*.php'], { cwd: root });
  const storagePath = mkdtempSync(path.join(tmpdir(), 'chatello-php-'));
  const server = spawn(process.execPath, [path.join(root, 'node_modules/intelephense/lib/intelephense.js'), '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const send = (message: object) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const found = new Map<string, string[]>();
  try {
    await new Promise<void>((resolve, reject) => {
      let quiet: NodeJS.Timeout | undefined;
      let rest = Buffer.alloc(0);
      const take = ({ id, method, params }: LspMessage) => {
        if (method === 'textDocument/publishDiagnostics' && params) {
          const name = path.relative(root, new URL(params.uri).pathname);
          found.set(name, params.diagnostics.filter(({ severity }) => severity <= 2).map(({ message, range }) => `${name}:${range.start.line + 1} ${message}`));
          clearTimeout(quiet);
          if (found.size >= files.length) quiet = setTimeout(resolve, quietMs);
        } else if (method !== undefined && id !== undefined) {
          send({ id, result: method === 'workspace/configuration' ? (params?.items ?? []).map(() => ({ stubs, environment: { phpVersion: '7.4.0' }, diagnostics: { enable: true }, files: { maxSize: 3_000_000 } })) : null });
        } else if (id === 1) {
          send({ method: 'initialized', params: {} });
        } else if (method === 'indexingEnded') {
          // Before it knows WordPress's functions it finds nothing at all.
          for (const file of files) send({ method: 'textDocument/didOpen', params: { textDocument: { uri: `file://${root}/${file}`, languageId: 'php', version: 1, text: readFileSync(path.join(root, file), 'utf8') } } });
        }
      };
      server.stdout.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
          const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, end).toString())?.[1]);
          if (rest.length < end + 4 + length) return;
          take(JSON.parse(rest.subarray(end + 4, end + 4 + length).toString()) as LspMessage);
          rest = rest.subarray(end + 4 + length);
        }
      });
      server.once('exit', (code) => reject(new Error(`the analysis ended with ${code}`)));
      const folder = { uri: `file://${root}/includes`, name: 'chatello' };
      send({ id: 1, method: 'initialize', params: { processId: process.pid, rootUri: folder.uri, workspaceFolders: [folder], capabilities: { workspace: { configuration: true }, textDocument: { publishDiagnostics: {} } }, initializationOptions: { storagePath, clearCache: true } } });
    });
  } finally {
    server.removeAllListeners('exit');
    server.kill();
    rmSync(storagePath, { recursive: true, force: true });
  }
  return [...found.values()].flat();
}
