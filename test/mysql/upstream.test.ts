/** Whoever answers at the database's address gets no credential for nothing, and nothing unbounded. */

import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, pbkdf2Sync, privateDecrypt, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { cachingSha2Response, nativeResponse } from '../../src/mysql/auth/digests.ts';
import { ed25519Response } from '../../src/mysql/auth/ed25519.ts';
import { authMoreData, authSwitchRequest, Plugin } from '../../src/mysql/packets/auth.ts';
import { Capability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { encodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES, packets } from '../../src/mysql/packets/frame.ts';
import { encodeGreeting, type Greeting } from '../../src/mysql/packets/handshake.ts';
import { decodeHandshakeResponse } from '../../src/mysql/packets/handshake-response.ts';
import { encodeOk } from '../../src/mysql/packets/ok.ts';
import { openUpstream, ownWishes, withLogin } from '../../src/mysql/upstream.ts';
import { makeCertificate } from '../support/certificates.ts';

const PASSWORD = 'upstream secret';
const SCRAMBLE = Buffer.from('abcdefghijklmnopqrst');
const SERVER = Capability.LongPassword | Capability.Protocol41 | Capability.SecureConnection | Capability.PluginAuth | Capability.PluginAuthLenencData | Capability.ConnectWithDb | Capability.Transactions
  | Capability.SessionTrack | Capability.DeprecateEof | Capability.ConnectAttrs | Capability.LongFlag;
const greeting = (more: Partial<Greeting> = {}): Buffer => encodeGreeting({ serverVersion: '8.4.0', connectionId: 7, scramble: SCRAMBLE, flags: SERVER >>> 0, extended: 0, collation: 45, status: 2, plugin: Plugin.CachingSha2, ...more });
const ok = (sequence: number): Buffer => encodeOk(sequence, { status: 2 });
const more = (sequence: number, ...data: number[]): Buffer => packets(sequence, authMoreData(Buffer.from(data)));

let server: Server | undefined;
const received: Buffer[] = [];
afterEach(() => {
  server?.close();
  received.length = 0;
});

const SSL_REQUEST_BYTES = HEADER_BYTES + 32;

type Answer = (heard: Buffer) => Uint8Array;

/** A server that greets, and says the script's answers one by one, each after something was received. */
async function lying(first: Uint8Array, script: readonly Answer[], tls?: { cert: string; key: string }): Promise<DatabaseConfig> {
  server = createServer((raw) => {
    raw.on('error', () => undefined);
    let socket: Socket = raw;
    let step = tls === undefined ? 0 : -1;
    const hear = (chunk: Buffer): void => {
      if (step === -1) {
        step = 0;
        raw.off('data', hear);
        // The client doesn't wait before it begins TLS.
        raw.pause();
        if (chunk.length > SSL_REQUEST_BYTES) raw.unshift(chunk.subarray(SSL_REQUEST_BYTES));
        socket = new TLSSocket(raw, { isServer: true, secureContext: createSecureContext(tls) });
        socket.on('error', () => undefined).on('data', hear);
        return;
      }
      received.push(chunk);
      const answer = script[step++];
      if (answer) socket.write(answer(chunk));
      else socket.end();
    };
    raw.on('data', hear);
    raw.write(first);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { name: 'shop', protocol: 'mysql', upstream: { host: '127.0.0.1', port, user: 'app', database: 'shop' }, tls: { mode: tls === undefined ? 'disable' : 'require' } };
}

const options = (database: DatabaseConfig, ca?: string) => ({ database, password: PASSWORD, ca, signal: AbortSignal.timeout(10_000), wishes: ownWishes('test') });
const open = (database: DatabaseConfig, ca?: string) => openUpstream(options(database, ca));
/** Only the login. */
const enter = (database: DatabaseConfig) => withLogin(options(database), 65_536, ({ exchange }) => Promise.resolve(void exchange.handshake.socket.destroy()));
const heard = (): string => Buffer.concat(received).toString('latin1');
const response = () => decodeHandshakeResponse((received[0] as Buffer).subarray(HEADER_BYTES));

describe('a server\'s login', () => {
  it('by caching_sha2_password, fast', async () => {
    await enter(await lying(greeting(), [() => Buffer.concat([more(2, 3), ok(3)])]));
    expect(response()).toMatchObject({ user: 'app', database: 'shop', plugin: Plugin.CachingSha2, authResponse: cachingSha2Response(PASSWORD, SCRAMBLE) });
    expect(heard()).not.toContain(PASSWORD);
  });

  it('by caching_sha2_password in full: encrypted to the server\'s key without TLS', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    let sent: Buffer = Buffer.alloc(0);
    await enter(await lying(greeting(), [() => more(2, 4), (asked) => (expect([...asked]).toEqual([1, 0, 0, 3, 2]), packets(4, authMoreData(Buffer.from(pem)))), (encrypted) => ((sent = encrypted.subarray(HEADER_BYTES)), ok(6))]));
    const obscured = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, sent);
    expect(Buffer.from(obscured.map((byte, index) => byte ^ (SCRAMBLE[index % 20] as number))).toString()).toBe(`${PASSWORD}\0`);
    expect(heard()).not.toContain(PASSWORD);
  });

  it('by caching_sha2_password with a key that is none is refused', async () => {
    const tooLong = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    for (const pem of ['', 'x', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', tooLong]) {
      await expect(enter(await lying(greeting(), [() => more(2, 4), () => packets(4, authMoreData(Buffer.from(pem)))]))).rejects.toMatchObject({ code: 'protocol' });
      server?.close();
    }
  });

  it('by a switch to mysql_native_password uses the new scramble', async () => {
    const other = Buffer.from('tsrqponmlkjihgfedcba');
    await enter(await lying(greeting(), [() => packets(2, authSwitchRequest(Plugin.Native, other)), (answer) => (expect(answer.subarray(HEADER_BYTES)).toEqual(nativeResponse(PASSWORD, other)), ok(4))]));
    expect(heard()).not.toContain(PASSWORD);
  });

  it('by parsec signs both scrambles with the derived key', async () => {
    const scramble = Buffer.alloc(32, 5);
    let signed: Buffer = Buffer.alloc(0);
    await enter(await lying(greeting(), [
      () => packets(2, Buffer.concat([Buffer.from(`\xfe${Plugin.Parsec}\0`, 'latin1'), scramble])),
      (empty) => (expect(empty).toHaveLength(HEADER_BYTES), packets(4, Buffer.concat([Buffer.from([0x50, 0]), Buffer.from('salt of 18 bytes..')]))),
      (answer) => ((signed = answer.subarray(HEADER_BYTES)), ok(6)),
    ]));
    const seed = pbkdf2Sync(PASSWORD, 'salt of 18 bytes..', 1024, 32, 'sha512');
    const key = createPublicKey(createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' }));
    expect(verify(null, Buffer.concat([scramble, signed.subarray(0, 32)]), key, signed.subarray(32))).toBe(true);
  });

  it('by client_ed25519 signs a nonce of 32 bytes, and nothing else', async () => {
    const asks = (nonce: Buffer) => packets(2, Buffer.concat([Buffer.from(`\xfe${Plugin.Ed25519}\0`, 'latin1'), nonce]));
    for (const nonce of [Buffer.alloc(31), Buffer.alloc(33), Buffer.alloc(0), Buffer.alloc(2000)]) {
      await expect(enter(await lying(greeting(), [() => asks(nonce), () => ok(4)]))).rejects.toMatchObject({ code: 'protocol' });
      server?.close();
    }
    const nonce = Buffer.alloc(32, 5);
    let signed: Buffer = Buffer.alloc(0);
    await enter(await lying(greeting(), [() => asks(nonce), (answer) => ((signed = answer.subarray(HEADER_BYTES)), ok(4))]));
    expect(signed).toEqual(ed25519Response(Buffer.from(PASSWORD), nonce));
  });

  it('by parsec with hopeless rounds is refused at once', async () => {
    for (const salt of [Buffer.from([0x50, 31, 1, 2, 3]), Buffer.from([0x51, 0, 1]), Buffer.from([0x50]), Buffer.from([0x50, 0])]) {
      await expect(enter(await lying(greeting(), [() => packets(2, authSwitchRequest(Plugin.Parsec, Buffer.alloc(32, 5))), () => packets(4, salt)]))).rejects.toMatchObject({ code: 'protocol' });
      server?.close();
    }
  });

  it('by a clear password is refused unless the certificate is verified', async () => {
    const asks = [() => packets(2, authSwitchRequest(Plugin.Clear, Buffer.alloc(0)))];
    await expect(enter(await lying(greeting(), asks))).rejects.toMatchObject({ code: 'clear_password' });
    server?.close();
    const certificate = await makeCertificate();
    const tlsGreeting = greeting({ flags: (SERVER | Capability.Ssl) >>> 0 });
    const overTls = [() => packets(3, authSwitchRequest(Plugin.Clear, Buffer.alloc(0))), () => ok(5)];
    await expect(enter(await lying(tlsGreeting, overTls, certificate))).rejects.toMatchObject({ code: 'clear_password' });
    expect(heard()).not.toContain(PASSWORD);
    server?.close();
    const verified = { ...(await lying(tlsGreeting, overTls, certificate)), tls: { mode: 'verify-full' as const } };
    await withLogin(options(verified, certificate.ca), 65_536, ({ exchange }) => Promise.resolve(void exchange.handshake.socket.destroy()));
    expect(heard()).toContain(`${PASSWORD}\0`);
  });

  it.each(['mysql_old_password', 'dialog', 'auth_gssapi_client', '__proto__', 'constructor', ''])('by %j, which we don\'t have, is refused with what to do', async (plugin) => {
    const request = plugin === '' ? Buffer.of(0xfe) : authSwitchRequest(plugin, SCRAMBLE);
    await expect(enter(await lying(greeting(), [() => packets(2, request)]))).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringContaining('caching_sha2_password') as string });
  });

  it('that switches twice, or says more than its plugin has to, is refused', async () => {
    const again = (sequence: number) => packets(sequence, authSwitchRequest(Plugin.Native, SCRAMBLE));
    for (const script of [[() => again(2), () => again(4)], [() => again(2), () => more(4, 4)], [() => more(2, 9)], [() => more(2, 4, 4)], [() => packets(2, authSwitchRequest(Plugin.Native, Buffer.from('short')))]]) {
      await expect(enter(await lying(greeting(), script))).rejects.toMatchObject({ code: 'protocol' });
      expect(heard()).not.toContain(PASSWORD);
      server?.close();
    }
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], ['a packet that is too long', packets(0, Buffer.alloc(70_000))], ['an empty packet', packets(0, Buffer.alloc(0))],
    ['a greeting out of order', Buffer.concat([packets(1, greeting().subarray(HEADER_BYTES))])],
  ])('that greets by %s is refused', async (_, bytes) => {
    await expect(enter(await lying(bytes, []))).rejects.toMatchObject({ code: 'protocol' });
  });

  it('of a server that lacks what we need is refused before the credential', async () => {
    for (const flag of [Capability.SessionTrack, Capability.Protocol41, Capability.PluginAuth, Capability.DeprecateEof]) {
      await expect(enter(await lying(greeting({ flags: (SERVER & ~flag) >>> 0 }), [() => ok(2)]))).rejects.toMatchObject({ code: 'unsupported' });
      expect(received).toHaveLength(0);
      server?.close();
    }
  });

  it('without TLS, or with more than its greeting in front of it, is refused where TLS is configured', async () => {
    for (const first of [greeting(), Buffer.concat([greeting({ flags: (SERVER | Capability.Ssl) >>> 0 }), ok(2)])]) {
      const database = { ...(await lying(first, [() => ok(2)])), tls: { mode: 'verify-full' as const } };
      await expect(enter(database)).rejects.toMatchObject({ code: expect.stringMatching(/tls|unreachable/) as string });
      expect(heard()).not.toContain('app\0');
      server?.close();
    }
  });

  it('that closes, refuses or falls silent ends with an error', async () => {
    await expect(enter(await lying(greeting(), []))).rejects.toMatchObject({ code: 'unreachable' });
    server?.close();
    await expect(enter(await lying(encodeErr(0, { errno: 1040, sqlstate: '08004', message: 'Too many connections' }), []))).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('Too many connections (1040)') as string });
    server?.close();
    const silent = await lying(Buffer.alloc(0), []);
    await expect(openUpstream({ ...options(silent), signal: AbortSignal.timeout(50) })).rejects.toThrow();
  });
});

it('the status of its OK is kept: clients escape by it', async () => {
  const login = Buffer.concat([more(2, 3), encodeOk(3, { status: ServerStatus.Autocommit | ServerStatus.NoBackslashEscapes })]);
  const status = await withLogin(options(await lying(greeting(), [() => login])), 65_536, ({ exchange, status }) => (exchange.handshake.socket.destroy(), Promise.resolve(status)));
  expect(status).toBe(ServerStatus.Autocommit | ServerStatus.NoBackslashEscapes);
});

describe('the first questions', () => {
  const login = () => Buffer.concat([more(2, 3), ok(3)]);

  it.each([
    ['a file', packets(1, Buffer.from('\xfb/etc/passwd', 'latin1'))], ['nonsense', packets(1, Buffer.of(0xff))], ['more results', encodeOk(1, { status: 8 })], ['out of order', ok(2)], ['a NULL for a count', packets(1, Buffer.from([0xfc]))],
  ])('answered by %s end it', async (_, bytes) => {
    await expect(open(await lying(greeting(), [login, () => bytes]))).rejects.toMatchObject({ code: 'protocol' });
  });

  it('answered by an error, or by nothing, end it', async () => {
    await expect(open(await lying(greeting(), [login, () => encodeErr(1, { errno: 1193, sqlstate: 'HY000', message: 'Unknown system variable' })]))).rejects.toMatchObject({ code: 'unsupported' });
    server?.close();
    await expect(open(await lying(greeting(), [login, () => Buffer.concat([ok(1), ok(1)])]))).rejects.toMatchObject({ code: 'protocol' });
  });
});
