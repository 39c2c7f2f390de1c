import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { crc32, deflateRawSync } from 'node:zlib';
import { buildPlugin, pluginRoot } from './build.ts';

const shipped = ['chatello.php', 'uninstall.php', 'readme.txt', 'LICENSE', 'includes/**/*.php', 'assets/**/*', 'build/**/*', 'languages/*.{po,json,php}'];

/**
 * Builds the installable plugin, `dist/chatello.zip`, and returns its path. The same sources give the same bytes. `apiUrl` becomes
 * the address of the server for sites that set none.
 */
export function zipPlugin(apiUrl?: string): string {
  buildPlugin();
  const files = globSync(shipped, { cwd: pluginRoot, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(pluginRoot, path.join(entry.parentPath, entry.name)))
    .sort();
  const contents = files.map((file) => [`chatello/${file}`, file === 'chatello.php' ? withAddress(readFileSync(path.join(pluginRoot, file), 'utf8'), apiUrl) : readFileSync(path.join(pluginRoot, file))] as const);
  const target = path.join(pluginRoot, 'dist/chatello.zip');
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, zip(contents));
  return target;
}

function withAddress(source: string, apiUrl: string | undefined): Buffer {
  if (apiUrl === undefined) return Buffer.from(source);
  const url = URL.parse(apiUrl);
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new Error(`--api-url ${apiUrl}: must be an address such as https://api.example.com`);
  const replaced = source.replace(/(define\( 'CHATELLO_DEFAULT_API_URL', ')[^']*/, `$1${url.href.replace(/\/$/, '').replaceAll("'", '%27')}`);
  if (replaced === source && !source.includes(url.href.replace(/\/$/, ''))) throw new Error('chatello.php has no CHATELLO_DEFAULT_API_URL to replace');
  return Buffer.from(replaced);
}

/** A ZIP archive (PKWARE APPNOTE 6.3: local headers, central directory, end record) with deflated files and no times. */
function zip(files: readonly (readonly [string, Buffer])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const fileName = Buffer.from(name);
    const packed = deflateRawSync(data, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x0800, 2); // names are UTF-8
    common.writeUInt16LE(8, 4); // deflated
    common.writeUInt32LE(0x00210000, 6); // 1 January 1980
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(fileName.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, fileName, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6); // an ordinary file
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, fileName]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { 'api-url': { type: 'string' } } });
  process.stdout.write(`${zipPlugin(values['api-url'])}\n`);
}
