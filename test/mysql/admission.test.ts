/** The first bytes of a connection to the MySQL port, from whoever can reach it. No database is needed to be turned away. */

import { type AddressInfo, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachingSha2Verifier, nativeVerifier, type Verifiers } from '../../src/config/verifier.ts';
import type { Agent } from '../../src/identity/agent.ts';
import { makeVerifier } from '../../src/identity/scram-verifier.ts';
import { Authentication } from '../../src/mysql/authentication.ts';
import { cachingSha2Response, nativeResponse, sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import { encryptPassword } from '../../src/mysql/auth/rsa.ts';
import { expectsBareData } from '../../src/mysql/flavour.ts';
import { decodeAuthSwitchRequest, Plugin } from '../../src/mysql/packets/auth.ts';
import { Capability } from '../../src/mysql/packets/capabilities.ts';
import { decodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES, packets } from '../../src/mysql/packets/frame.ts';
import { encodeHandshakeResponse, encodeSslRequest, type HandshakeResponse } from '../../src/mysql/packets/handshake-response.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { startDoor, type TestDoor } from '../support/mysql-door.ts';
import { BASE, MysqlPeer, RESPONSE } from '../support/mysql-peer.ts';

const PASSWORD = 'agent password';
const AGENTS = [
  `{ name: sha2, verifier: "${cachingSha2Verifier(sha256Twice(PASSWORD))}", owner: dana@example.com, databases: [shop] }`,
  `{ name: native, verifier: "${nativeVerifier(sha1Twice(PASSWORD))}", owner: dana@example.com, databases: [shop] }`,
  `{ name: scram, verifier: "${makeVerifier(PASSWORD)}", owner: dana@example.com, databases: [shop] }`,
];
/** Who has proved the password is told that the database can't be reached. */
const IN = 2013;

let nobody: Server;
let plain: TestDoor;
let secure: TestDoor;
let certificate: Certificate;

beforeAll(async () => {
  certificate = await makeCertificate();
  nobody = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const upstream = { host: '127.0.0.1', port: (nobody.address() as AddressInfo).port, user: 'app', password: 'upstream' };
  plain = await startDoor({ upstream, agents: AGENTS, handshake: '1s' });
  secure = await startDoor({ upstream, agents: AGENTS, handshake: '1s', tls: { ...certificate, required: true } });
});
afterAll(async () => {
  await plain?.stop();
  await secure?.stop();
  nobody?.close();
});

const sent = async (bytes: Uint8Array, port = plain.port) => (await MysqlPeer.connect(port)).send(bytes).err();
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A response with its bytes changed before it goes. */
const altered = (change: (payload: Buffer) => Uint8Array, more: Partial<HandshakeResponse> = {}): Buffer => packets(1, change(encodeHandshakeResponse(1, { ...RESPONSE, ...more }).subarray(HEADER_BYTES)));

describe('the greeting', () => {
  it('offers what is parsed, and nothing else', async () => {
    const { greeting, socket } = await MysqlPeer.connect(plain.port);
    socket.destroy();
    for (const never of [Capability.Compress, Capability.ZstdCompression, Capability.QueryAttributes, Capability.OptionalResultsetMetadata, Capability.NoSchema, Capability.MultiFactorAuthentication, Capability.Ssl]) {
      expect(greeting.flags & never).toBe(0);
    }
    for (const always of [Capability.Protocol41, Capability.PluginAuth, Capability.SessionTrack, Capability.DeprecateEof, Capability.MultiStatements]) expect(greeting.flags & always).toBe(always);
    expect(greeting).toMatchObject({ plugin: Plugin.CachingSha2 });
    expect(greeting.connectionId).toBeLessThan(2 ** 31);
  });

  it('has a scramble of its own each time, without NUL and $', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const { greeting: { scramble }, socket } = await MysqlPeer.connect(plain.port);
      socket.destroy();
      expect(scramble).toHaveLength(20);
      expect([...scramble].some((byte) => byte === 0 || byte === 0x24 || byte > 127)).toBe(false);
      seen.add(scramble.toString('hex'));
    }
    expect(seen.size).toBe(50);
  });

  it('offers TLS where there is a certificate', async () => {
    const { greeting, socket } = await MysqlPeer.connect(secure.port);
    socket.destroy();
    expect(greeting.flags & Capability.Ssl).not.toBe(0);
  });
});

describe('a response that makes no sense', () => {
  it.each([
    ['an empty packet', packets(1, Buffer.alloc(0))],
    ['sequence id 0', encodeHandshakeResponse(0, RESPONSE)],
    ['sequence id 2', encodeHandshakeResponse(2, RESPONSE)],
    ['a packet that is too long', packets(1, Buffer.alloc(70_001))],
    ['the header of a huge packet', hex('ffffff 01')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['protocol 3.20', packets(1, hex('8501 000000 726f6f7400 00'))],
    ['only the flags', packets(1, hex('00020000'))],
    ['no NUL behind the user', altered((payload) => payload.subarray(0, 36))],
    ['a user that is not UTF-8', altered((payload) => (payload.set([0xff], 32), payload))],
    ['more authentication data than there is', altered((payload) => (payload.set([200], 37), payload))],
    ['a NULL for authentication data', altered((payload) => (payload.set([0xfb], 37), payload))],
    ['authentication data of 2^64 bytes', altered((payload) => Buffer.concat([payload.subarray(0, 37), hex('feffffffffffffffff')]))],
    ['no database', altered((payload) => payload.subarray(0, 38))],
    ['bytes behind its end', altered((payload) => Buffer.concat([payload, hex('00')]))],
    ['attributes that lie about their length', altered((payload) => Buffer.concat([payload, hex('05 01 61')]), { flags: BASE | Capability.ConnectAttrs })],
    ['attributes that lie inside', altered((payload) => Buffer.concat([payload.subarray(0, -1), hex('03 05 61 62')]), { flags: BASE | Capability.ConnectAttrs })],
    ['an attribute without a value', altered((payload) => Buffer.concat([payload.subarray(0, -1), hex('02 01 61')]), { flags: BASE | Capability.ConnectAttrs })],
    ['SSLRequest where there is no TLS', encodeSslRequest(1, RESPONSE)],
    ['an SSLRequest that goes on', packets(1, Buffer.concat([encodeSslRequest(1, RESPONSE).subarray(HEADER_BYTES), hex('00')]))],
  ])('%s ends with one ERR', async (_, bytes) => {
    expect(await sent(bytes)).toMatchObject({ errno: 1835, message: expect.stringContaining('Bad handshake') as string });
  });

  it('a client without what passwords need is told', async () => {
    expect(await sent(encodeHandshakeResponse(1, { ...RESPONSE, flags: BASE & ~Capability.SecureConnection }))).toMatchObject({ errno: 1235, message: expect.stringContaining('CLIENT_SECURE_CONNECTION') as string });
  });

  it('who says nothing, or not enough, is told after the handshake timeout', async () => {
    expect(await sent(Buffer.alloc(0))).toMatchObject({ errno: 1159, message: expect.stringContaining('the login took too long') as string, sequence: 1 });
    expect(await sent(hex('20'))).toMatchObject({ errno: 1159 });
    const { err } = await answering('sha2', Plugin.Native, () => undefined);
    expect(err).toMatchObject({ errno: 1159 });
  });

  it('who leaves in the middle leaves nothing', async () => {
    const before = plain.admitted.length;
    for (const bytes of [Buffer.alloc(0), hex('20 00'), encodeHandshakeResponse(1, RESPONSE)]) {
      const peer = await MysqlPeer.connect(plain.port);
      peer.send(bytes).socket.destroy();
    }
    expect(plain.admitted).toHaveLength(before);
  });
});

/** Logs in with a first answer by `plugin` and goes on as `answer` says; with every packet of the server. */
async function answering(user: string, plugin: string, answer: (packet: Buffer, scramble: Buffer) => Uint8Array | undefined, first?: (scramble: Buffer) => Buffer, port = plain.port, tls = false) {
  const peer = await MysqlPeer.connect(port);
  if (tls) await peer.startTls();
  let { scramble } = peer.greeting;
  peer.respond({ user, plugin, authResponse: first?.(scramble) ?? Buffer.alloc(0) }, tls ? 2 : 1);
  const kinds: string[] = [];
  for (;;) {
    const packet = await peer.packet();
    if (packet === undefined) throw new Error('closed without an answer');
    const payload = packet.subarray(HEADER_BYTES);
    if (payload[0] === 0xff) return { kinds, err: { ...decodeErr(payload), sequence: packet[3] } };
    if (payload[0] === 0xfe) {
      const request = decodeAuthSwitchRequest(payload);
      scramble = request.data.subarray(0, 20);
      kinds.push(`switch ${request.plugin}`);
    } else kinds.push(payload.length === 2 ? `more ${payload[1]}` : 'more key');
    const bytes = answer(payload, scramble);
    if (bytes !== undefined) peer.send(packets((packet[3] as number) + 1, bytes));
  }
}

describe('a password', () => {
  const sha2 = (password: string) => (scramble: Buffer) => cachingSha2Response(password, scramble);
  const native = (password: string) => (scramble: Buffer) => nativeResponse(password, scramble);

  it('by caching_sha2_password, in one exchange', async () => {
    expect(await answering('sha2', Plugin.CachingSha2, () => undefined, sha2(PASSWORD))).toMatchObject({ kinds: ['more 3'], err: { errno: IN, sequence: 3 } });
    expect(await answering('sha2', Plugin.CachingSha2, () => undefined, sha2('wrong'))).toMatchObject({ kinds: [], err: { errno: 1045, sequence: 2 } });
  });

  it('by mysql_native_password, in one exchange', async () => {
    expect(await answering('native', Plugin.Native, () => undefined, native(PASSWORD))).toMatchObject({ kinds: [], err: { errno: IN } });
    expect(await answering('native', Plugin.Native, () => undefined, native('wrong'))).toMatchObject({ kinds: [], err: { errno: 1045 } });
  });

  it('after a switch, by a scramble of its own', async () => {
    expect(await answering('sha2', Plugin.Native, (_, scramble) => cachingSha2Response(PASSWORD, scramble), native(PASSWORD))).toMatchObject({ kinds: ['switch caching_sha2_password', 'more 3'], err: { errno: IN } });
    expect(await answering('native', Plugin.CachingSha2, (_, scramble) => nativeResponse(PASSWORD, scramble))).toMatchObject({ kinds: ['switch mysql_native_password'], err: { errno: IN } });
  });

  it('of a salted verifier, encrypted to our key; the next time in one exchange', async () => {
    const full = (password: string) => (packet: Buffer, scramble: Buffer): Uint8Array | undefined =>
      packet.length === 2 ? (packet[1] === 4 ? Buffer.of(2) : undefined) : encryptPassword(password, scramble, packet.toString('latin1', 1));
    expect(await answering('scram', Plugin.CachingSha2, full('wrong'), sha2('wrong'))).toMatchObject({ kinds: ['more 4', 'more key'], err: { errno: 1045 } });
    expect(await answering('scram', Plugin.CachingSha2, full(PASSWORD), sha2(PASSWORD))).toMatchObject({ kinds: ['more 4', 'more key'], err: { errno: IN } });
    expect(await answering('scram', Plugin.CachingSha2, full(PASSWORD), sha2(PASSWORD))).toMatchObject({ kinds: ['more 3'], err: { errno: IN } });
    expect(await answering('scram', Plugin.CachingSha2, full('wrong'), sha2('wrong'))).toMatchObject({ kinds: ['more 4', 'more key'], err: { errno: 1045 } });
  });

  it('of a salted verifier, as it is inside TLS only', async () => {
    const clear = (packet: Buffer): Uint8Array | undefined => (packet[1] === 4 ? Buffer.from(`${PASSWORD}\0`) : undefined);
    expect(await answering('scram', Plugin.CachingSha2, clear, sha2('x'), secure.port, true)).toMatchObject({ kinds: ['more 4'], err: { errno: IN } });
    expect(await answering('scram', Plugin.CachingSha2, clear, sha2('x'))).toMatchObject({ kinds: ['more 4'], err: { errno: 1045 } });
  });

  it.each([
    ['nothing', Buffer.alloc(0)], ['no NUL', Buffer.from(PASSWORD)], ['two', Buffer.from(`${PASSWORD}\0${PASSWORD}\0`)], ['only a NUL', hex('00')], ['a key\'s length of noise', Buffer.alloc(256, 1)],
  ])('of a salted verifier, answered by %s, is wrong', async (_, bytes) => {
    for (const tls of [false, true]) {
      expect(await answering('scram', Plugin.CachingSha2, (packet) => (packet[1] === 4 ? bytes : undefined), sha2('x'), tls ? secure.port : plain.port, tls)).toMatchObject({ err: { errno: 1045 } });
    }
  });

  it('is asked for without a first byte where the client expects none', () => {
    const scramble = Buffer.alloc(20, 1);
    const claim = { user: 'x', others: [], mockSecret: Buffer.alloc(32), scramble, plugin: Plugin.CachingSha2, switches: true, encrypted: true };
    const agent = (verifiers: Verifiers): Agent => ({ name: 'x', verifiers }) as Agent;
    const ofSha2 = { ...claim, agent: agent({ cachingSha2: cachingSha2Verifier(sha256Twice(PASSWORD)) }), response: cachingSha2Response(PASSWORD, scramble) };
    const ofScram = { ...claim, agent: agent({ scram: makeVerifier('another password') }), response: cachingSha2Response(PASSWORD, scramble) };
    const said = (bare: boolean): unknown[] => [new Authentication({ ...ofSha2, bare }).start(), new Authentication({ ...ofScram, bare }).start()];
    expect(said(false)).toMatchObject([{ kind: 'done', last: Buffer.of(1, 3) }, { kind: 'send', payload: Buffer.of(1, 4) }]);
    expect(said(true)).toMatchObject([{ kind: 'done', last: Buffer.of(3) }, { kind: 'send', payload: Buffer.of(4) }]);
    const connectorJ = new Map([['_client_name', 'MySQL Connector/J']]);
    expect(['5.5.5-10.11.14-MariaDB', '11.4.2-MariaDB', '9.5.0'].map((greeting) => expectsBareData(greeting, connectorJ))).toEqual([true, false, false]);
    expect(expectsBareData('5.5.5-10.11.14-MariaDB', new Map([['_client_name', 'libmysql']]))).toBe(false);
  });

  it('that is empty, or an answer of another length, is wrong', async () => {
    for (const response of [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(19), Buffer.alloc(20), Buffer.alloc(21), Buffer.alloc(31), Buffer.alloc(33), Buffer.alloc(255)]) {
      expect(await answering('native', Plugin.Native, () => undefined, () => response)).toMatchObject({ err: { errno: 1045 } });
      expect(await answering('sha2', Plugin.CachingSha2, () => undefined, () => response)).toMatchObject({ err: { errno: 1045 } });
    }
  });

  it('that was recorded opens nothing', async () => {
    let recorded: Buffer = Buffer.alloc(0);
    expect(await answering('sha2', Plugin.CachingSha2, () => undefined, (scramble) => (recorded = cachingSha2Response(PASSWORD, scramble)))).toMatchObject({ err: { errno: IN } });
    expect(await answering('sha2', Plugin.CachingSha2, () => undefined, () => recorded)).toMatchObject({ err: { errno: 1045 } });
  });

  it('can\'t be proved by what is stored of it', async () => {
    const once = (stored: Buffer, scramble: Buffer): Buffer => cachingSha2Response(stored.toString('latin1'), scramble);
    expect(await answering('sha2', Plugin.CachingSha2, () => undefined, (scramble) => once(sha256Twice(PASSWORD), scramble))).toMatchObject({ err: { errno: 1045 } });
  });
});

describe('any chunking', () => {
  it.each([1, 2, 3, 5, 7, 36, 40])('of %d bytes gives the same login', async (size) => {
    const peer = await MysqlPeer.connect(plain.port);
    const bytes = encodeHandshakeResponse(1, { ...RESPONSE, authResponse: cachingSha2Response(PASSWORD, peer.greeting.scramble) });
    for (let at = 0; at < bytes.length; at += size) {
      peer.send(bytes.subarray(at, at + size));
      await new Promise(setImmediate);
    }
    expect((await peer.packet())?.subarray(HEADER_BYTES)).toEqual(Buffer.of(1, 3));
    expect(await peer.err()).toMatchObject({ errno: IN });
  });

  it('of random bytes ends with an ERR or without a word, and never with a login', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), async (noise, framed) => {
      const peer = await MysqlPeer.connect(plain.port);
      peer.send(framed ? packets(1, noise) : noise).socket.end();
      for (let packet = await peer.packet(); packet !== undefined; packet = await peer.packet()) expect(packet[HEADER_BYTES]).toBe(0xff);
    }), { numRuns: 150 });
    expect(plain.admitted).toHaveLength(0);
  });
});

describe('who doesn\'t exist', () => {
  /** What an outsider sees of a login with a wrong password. */
  const seen = async (user: string, plugin: string) => {
    const { kinds, err } = await answering(user, plugin, (packet, scramble) => {
      if (packet[0] === 0xfe) return nativeResponse('wrong', scramble);
      if (packet.length === 2) return packet[1] === 4 ? Buffer.of(2) : undefined;
      return encryptPassword('wrong', scramble, packet.toString('latin1', 1));
    }, (scramble) => (plugin === Plugin.Native ? nativeResponse('wrong', scramble) : cachingSha2Response('wrong', scramble)));
    return JSON.stringify({ kinds, err }).replaceAll(`'${user}'@`, '\'USER\'@');
  };

  it('is treated as one who does', async () => {
    const known = await Promise.all(['sha2', 'native', 'scram'].map((user) => seen(user, Plugin.CachingSha2)));
    const unknown = await Promise.all(Array.from({ length: 24 }, (_, index) => seen(`nobody${index}`, Plugin.CachingSha2)));
    expect(new Set(unknown)).toEqual(new Set(known));
  });

  it('is treated alike each time', async () => {
    for (const user of ['nobody1', 'nobody2', 'nobody3', 'root', '']) expect(await seen(user, Plugin.CachingSha2)).toBe(await seen(user, Plugin.CachingSha2));
  });

  it('gets the same words whatever is wrong', async () => {
    const { err } = await answering('ghost', Plugin.Native, () => Buffer.alloc(0));
    expect(err).toMatchObject({ errno: 1045, sqlstate: '28000', message: expect.stringMatching(/^Access denied for user 'ghost'@'127.0.0.1' \(using password: YES\)/) as string });
  });

  it('is journalled, with no more of the name than is sensible', async () => {
    const long = 'x'.repeat(5000);
    expect((await answering(long, Plugin.CachingSha2, () => Buffer.alloc(0))).err.message.length).toBeLessThan(512);
    expect(plain.refused.find(({ agent }) => agent.startsWith('xxx'))?.agent).toHaveLength(128);
  });
});

describe('TLS', () => {
  it('that is required is required before the password is looked at', async () => {
    const peer = await MysqlPeer.connect(secure.port);
    const right = cachingSha2Response(PASSWORD, peer.greeting.scramble);
    expect(await peer.respond({ authResponse: right }).err()).toMatchObject({ errno: 1045, message: expect.stringContaining('TLS is required here') as string });
  });

  it('serves a login', async () => {
    const { kinds, err } = await answering('sha2', Plugin.CachingSha2, () => undefined, (scramble) => cachingSha2Response(PASSWORD, scramble), secure.port, true);
    expect({ kinds, err }).toMatchObject({ kinds: ['more 3'], err: { errno: IN, sequence: 4 } });
  });

  it('bytes stuffed behind SSLRequest never count as said inside TLS', async () => {
    const peer = await MysqlPeer.connect(secure.port);
    const right = encodeHandshakeResponse(2, { ...RESPONSE, authResponse: cachingSha2Response(PASSWORD, peer.greeting.scramble) });
    peer.send(Buffer.concat([encodeSslRequest(1, RESPONSE), right]));
    // No TLS comes of it: at most an alert answers, and nothing in our protocol.
    const chunks: Buffer[] = [];
    for (let packet = await peer.packet(); packet !== undefined; packet = await peer.packet()) chunks.push(packet);
    expect(Buffer.concat(chunks)).toHaveLength(0);
  });

  it('a second SSLRequest, inside TLS, is refused', async () => {
    const peer = await MysqlPeer.connect(secure.port);
    await peer.startTls();
    expect(await peer.send(encodeSslRequest(2, RESPONSE)).err()).toMatchObject({ errno: 1835, message: expect.stringContaining('SSLRequest inside TLS') as string });
  });

  it('sequence ids go on inside', async () => {
    const peer = await MysqlPeer.connect(secure.port);
    await peer.startTls();
    expect(await peer.respond({}, 1).err()).toMatchObject({ errno: 1835 });
  });
});
