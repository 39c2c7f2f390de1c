import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { parseConfig } from '../../server/config.ts';
import { AppError } from '../../server/errors.ts';
import { isPublicAddress } from '../../server/http/public-address.rules.ts';
import { checkPublicUrl, isNotPublic, publicConnect, publicOnlyDispatcher, type Resolve } from '../../server/http/public-address.ts';

const allow = (hosts: string) => parseConfig({ ALLOWED_PRIVATE_HOSTS: hosts }).ALLOWED_PRIVATE_HOSTS;
const privateAddresses = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1',
  '240.0.0.1', '255.255.255.255', '168.63.129.16', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2002:7f00:1::', '2002:a00:1::1',
  '2001::1', '2001:db8::1', '3fff::1', '64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::8.8.8.8', '64:ff9b::', '100::1', '', 'example.com',
];
const publicAddresses = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.0.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001:800::200e', '64:ff9b::8.8.8.8', '64:ff9b::101:101'];

describe('addresses that strangers may send us to', () => {
  it('are those of the internet and no other', () => {
    for (const address of privateAddresses) assert.equal(isPublicAddress(address), false, address);
    for (const address of publicAddresses) assert.equal(isPublicAddress(address), true, address);
  });

  it('are judged alike when they are translated for a network of IPv6 alone', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => assert.equal(isPublicAddress(`64:ff9b::${bytes.join('.')}`), isPublicAddress(bytes.join('.')))));
  });
});

describe('a URL that a stranger names', () => {
  const refused = (url: string, hosts = '') => {
    assert.throws(() => checkPublicUrl(url, 'body.base_url', allow(hosts)), (error) => error instanceof AppError && error.code === 'INVALID_REQUEST' && error.field === 'body.base_url' && error.message.startsWith('body.base_url: '), url);
  };

  it('is taken in its canonical spelling', () => {
    assert.equal(checkPublicUrl(' HTTPS://API.Example.com:443/v1 ', 'body.base_url', []).href, 'https://api.example.com/v1');
    for (const address of publicAddresses) assert.ok(checkPublicUrl(`https://${address.includes(':') ? `[${address}]` : address}/`, 'body.base_url', []));
  });

  it('is refused when it is not https, has credentials, or is none at all', () => {
    for (const url of ['http://api.example.com', 'ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 'https://user@example.com', 'https://user:password@example.com', 'https://:password@example.com', 'example.com', '', 'https://', `https://example.com/${'a'.repeat(2_000)}`]) refused(url);
  });

  it('is refused for every private address, however it is spelled', () => {
    for (const address of privateAddresses.filter((text) => /^[0-9a-f:.]+$/.test(text))) refused(`https://${address.includes(':') ? `[${address}]` : address}/`);
    for (const host of ['0x7f.1', '0x7f000001', '2130706433', '017700000001', '127.1', '127.0.0.1.', '0', '0x0', '0xa9fea9fe', '169.254.43518', '①②⑦.0.0.1', '127。0。0。1', '[::ffff:7f00:1]', '[0:0:0:0:0:0:0:1]']) refused(`https://${host}/`);
  });

  it('is refused for names that stand for this machine or a private network', () => {
    for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'localhost..', 'a.localhost', 'metadata.google.internal', 'printer.local', 'nas.home.arpa', 'redis', 'redis.']) refused(`https://${host}/`);
  });

  it('may be private, and http, where the operator allows the host', () => {
    assert.equal(checkPublicUrl('http://127.0.0.1:4000/v1', 'body.base_url', allow('127.0.0.1')).host, '127.0.0.1:4000');
    assert.equal(checkPublicUrl('http://OLLAMA.lan:11434', 'body.base_url', allow('10.0.0.5, ollama.lan:11434')).host, 'ollama.lan:11434');
    assert.equal(checkPublicUrl('http://[::1]:80', 'body.base_url', allow('[::1]:80')).host, '[::1]');
    refused('http://ollama.lan:11435', 'ollama.lan:11434');
    refused('http://127.0.0.2', '127.0.0.1');
    refused('http://user@127.0.0.1', '127.0.0.1');
  });

  it('is allowed by hosts only, not by addresses of pages', () => {
    for (const hosts of ['http://10.0.0.5', '10.0.0.5/path', 'a b', '10.0.0.5:99999', 'user@host']) assert.throws(() => allow(hosts), /ALLOWED_PRIVATE_HOSTS/, hosts);
  });
});

describe('a connection to where a stranger sends us', async () => {
  let hits = 0;
  const server = createServer((req, res) => {
    hits += 1;
    if (req.url === '/away') res.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    else res.end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agents: Agent[] = [];
  const agent = (made: Agent) => {
    agents.push(made);
    return made;
  };
  const resolving = (...answers: string[][]): Resolve => {
    let asked = 0;
    return (_hostname, _options, done) => done(null, (answers[Math.min(asked++, answers.length - 1)] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  const refused = async (url: string, dispatcher: Agent) => {
    const before = hits;
    await assert.rejects(request(url, { dispatcher, signal: AbortSignal.timeout(20_000) }), (error) => isNotPublic(error), url);
    assert.equal(hits, before, `${url} was reached`);
  };
  after(async () => {
    await Promise.all(agents.map((made) => made.close()));
    server.close();
  });

  it('is not made to a private address', async () => {
    const dispatcher = agent(publicOnlyDispatcher([]));
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]']) await refused(`http://${host}:${port}/`, dispatcher);
  });

  it('is not made to a name that leads to one', async () => {
    await refused(`http://localhost:${port}/`, agent(publicOnlyDispatcher([])));
  });

  it('is not made when only one of the addresses of the name is private', async () => {
    for (const addresses of [['1.1.1.1', '127.0.0.1'], ['127.0.0.1', '1.1.1.1'], ['2606:4700:4700::1111', '::1'], []]) {
      await refused(`http://shop.example.com:${port}/`, agent(new Agent({ connect: publicConnect([], resolving(addresses)) })));
    }
  });

  it('is judged anew each time, for a name that changes its answer', async () => {
    const connect = publicConnect([], resolving(['0.0.0.0'], ['127.0.0.1']));
    for (let attempt = 0; attempt < 2; attempt += 1) await refused(`http://rebind.example.com:${port}/`, agent(new Agent({ connect })));
  });

  it('is made to what the operator allows, without following where it points', async () => {
    const dispatcher = agent(publicOnlyDispatcher(allow(`127.0.0.1:${port}`)));
    assert.equal(await (await request(`http://127.0.0.1:${port}/`, { dispatcher })).body.text(), 'reached');
    const away = await request(`http://127.0.0.1:${port}/away`, { dispatcher });
    assert.equal(away.statusCode, 302);
    await away.body.dump();
    await refused(`http://127.0.0.1:${port + 1}/`, dispatcher);
    await refused(`http://localhost:${port}/`, dispatcher);
  });
});
