/** Whoever answers at the database's address gets no credential for nothing, and no statements without proof. */

import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { TLSSocket, createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { openUpstream } from '../../src/postgres/upstream.ts';
import { makeVerifier, parseVerifier } from '../../src/identity/scram-verifier.ts';
import { ScramServer } from '../../src/postgres/scram.ts';
import { makeCertificate } from '../support/certificates.ts';
import { md5Answer } from '../support/wire-login.ts';
import { replies } from '../support/scripted-postgres.ts';

const PASSWORD = 'upstream secret';
const auth = (kind: number, more: Uint8Array = Buffer.alloc(0)): Buffer => replies.raw('R', Buffer.of(0, 0, 0, kind), more);
const welcome = Buffer.concat([replies.authenticationOk(), replies.backendKeyData(7, 8), replies.ready('I')]);
const SASL = auth(10, Buffer.from('SCRAM-SHA-256\0\0'));

let server: Server | undefined;
const received: Buffer[] = [];
afterEach(() => {
  server?.close();
  received.length = 0;
});

/** A server that says the script's answers one by one, each after something was received. */
async function lying(script: readonly ((heard: Buffer) => Uint8Array)[], tls?: { cert: string; key: string }): Promise<DatabaseConfig> {
  server = createServer((raw) => {
    raw.on('error', () => undefined);
    let socket: Socket = raw;
    let step = tls === undefined ? 0 : -1;
    const hear = (chunk: Buffer): void => {
      if (step === -1) {
        step = 0;
        raw.off('data', hear);
        raw.write('S');
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
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { name: 'shop', protocol: 'postgres', upstream: { host: '127.0.0.1', port, user: 'app', database: 'shop' }, tls: { mode: tls === undefined ? 'disable' : 'require' } };
}

const open = (database: DatabaseConfig, ca?: string) => openUpstream({ database, password: PASSWORD, ca, settings: new Map(), signal: AbortSignal.timeout(10_000) });
const heard = (): string => Buffer.concat(received).toString('latin1');

function scram(password: string) {
  const side = new ScramServer(parseVerifier(makeVerifier(password)), false, undefined);
  return {
    first: (message: Buffer) => auth(11, Buffer.from(side.first(message.toString('utf8', message.indexOf('n,,'))))),
    final: (message: Buffer) => side.final(message.toString('utf8', 5)),
  };
}

describe('a server\'s login', () => {
  it('by SCRAM, both sides proved', async () => {
    const side = scram(PASSWORD);
    const upstream = await open(await lying([() => SASL, side.first, (final) => Buffer.concat([auth(12, Buffer.from(side.final(final) ?? '')), welcome])]));
    expect(upstream.processId).toBe(7);
    upstream.wire.destroy();
  });

  it('by SCRAM without its last message is refused', async () => {
    const side = scram(PASSWORD);
    await expect(open(await lying([() => SASL, side.first, () => welcome]))).rejects.toMatchObject({ code: 'bad_server' });
  });

  it('by SCRAM with a wrong signature is refused', async () => {
    const side = scram(PASSWORD);
    await expect(open(await lying([() => SASL, side.first, () => Buffer.concat([auth(12, Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`)), welcome])]))).rejects.toMatchObject({ code: 'bad_server' });
  });

  it('that ends SCRAM before it has begun in earnest is refused', async () => {
    await expect(open(await lying([() => SASL, () => welcome]))).rejects.toMatchObject({ code: 'bad_server' });
  });

  it('that falls back from SCRAM to a clear password or md5 gets neither', async () => {
    for (const method of [auth(3), auth(5, Buffer.from('salt'))]) {
      await expect(open(await lying([() => SASL, () => method, () => welcome]))).rejects.toThrow();
      expect(heard()).not.toContain(PASSWORD);
      expect(heard()).not.toContain(md5Answer('app', PASSWORD, Buffer.from('salt')));
      server?.close();
    }
  });

  it('by SCRAM begun twice is refused', async () => {
    await expect(open(await lying([() => SASL, () => SASL]))).rejects.toMatchObject({ code: 'protocol' });
  });

  it('by SCRAM with a nonce that is not ours, or hopeless iterations, is refused', async () => {
    for (const first of ['r=other,s=AAAA,i=4096', 'i=4096']) {
      await expect(open(await lying([() => SASL, () => auth(11, Buffer.from(first))]))).rejects.toMatchObject({ code: 'bad_message' });
      server?.close();
    }
  });

  it('by md5', async () => {
    const salt = Buffer.from('salt');
    const upstream = await open(await lying([() => auth(5, salt), () => welcome]));
    expect(heard()).toContain(md5Answer('app', PASSWORD, salt));
    upstream.wire.destroy();
  });

  it('by clear password is refused without TLS, and the password not sent', async () => {
    await expect(open(await lying([() => auth(3), () => welcome]))).rejects.toMatchObject({ code: 'clear_password' });
    expect(heard()).not.toContain(PASSWORD);
  });

  it('by clear password works over TLS', async () => {
    const upstream = await open(await lying([() => auth(3), () => welcome], await makeCertificate()));
    expect(heard()).toContain(PASSWORD);
    upstream.wire.destroy();
  });

  it('without TLS, or with more than its answer in front of TLS, is refused where TLS is configured', async () => {
    const database = { ...(await lying([() => Buffer.from('N')])), tls: { mode: 'verify-full' as const } };
    await expect(open(database)).rejects.toMatchObject({ code: 'tls' });
    server?.close();
    const stuffed = { ...(await lying([() => Buffer.concat([Buffer.from('S'), welcome])])), tls: { mode: 'verify-full' as const } };
    await expect(open(stuffed)).rejects.toMatchObject({ code: expect.stringMatching(/tls|unreachable/) as string });
  });

  it('with a certificate nobody trusts, or of another host, is refused by verify-full', async () => {
    const certificate = await makeCertificate(['elsewhere.example']);
    const database = { ...(await lying([() => auth(3), () => welcome], certificate)), tls: { mode: 'verify-full' as const } };
    await expect(open(database)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(open(database, certificate.ca)).rejects.toMatchObject({ code: 'unreachable' });
    expect(heard()).not.toContain(PASSWORD);
  });

  it.each([
    ['a frame that is too long', replies.raw('S', Buffer.alloc(70_000))],
    ['a length that cannot be', Buffer.from('R\0\0\0\x01')],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['rows', replies.rows(['a'], [['1']])],
    ['a method nobody knows', auth(99)],
    ['GSSAPI', auth(7)],
  ])('that says %s is refused', async (_, bytes) => {
    await expect(open(await lying([() => bytes]))).rejects.toThrow();
  });

  it('that closes, refuses or falls silent ends with an error', async () => {
    await expect(open(await lying([]))).rejects.toThrow();
    server?.close();
    await expect(open(await lying([() => replies.error('28P01', 'no', 'FATAL')]))).rejects.toMatchObject({ code: 'refused' });
    server?.close();
    const database = await lying([() => Buffer.alloc(0)]);
    await expect(openUpstream({ database, password: PASSWORD, ca: undefined, settings: new Map(), signal: AbortSignal.timeout(50) })).rejects.toThrow();
  });
});
