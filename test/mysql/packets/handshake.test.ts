/** The packets of a login, there and back; and any bytes in their place. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../../src/framing/malformed.ts';
import { authSwitchRequest, decodeAuthSwitchRequest } from '../../../src/mysql/packets/auth.ts';
import { Capability, MariaDbCapability } from '../../../src/mysql/packets/capabilities.ts';
import { decodeColumnDefinition } from '../../../src/mysql/packets/column-definition.ts';
import { decodeEof } from '../../../src/mysql/packets/eof.ts';
import { decodeErr } from '../../../src/mysql/packets/err.ts';
import { HEADER_BYTES } from '../../../src/mysql/packets/frame.ts';
import { decodeGreeting, encodeGreeting } from '../../../src/mysql/packets/handshake.ts';
import { decodeHandshakeResponse, decodeSslRequest, encodeHandshakeResponse, encodeSslRequest } from '../../../src/mysql/packets/handshake-response.ts';
import { decodeOk } from '../../../src/mysql/packets/ok.ts';
import { decodePrepareOk } from '../../../src/mysql/packets/prepare-ok.ts';

const body = (packet: Buffer): Buffer => packet.subarray(HEADER_BYTES);
const BASE = Capability.Protocol41 | Capability.SecureConnection | Capability.PluginAuth | Capability.ConnectWithDb;

describe('a greeting', () => {
  it.each([['of MySQL', Capability.LongPassword, 0], ['of MariaDB', 0, MariaDbCapability.StmtBulkOperations | MariaDbCapability.Progress]])('%s', (_, flag, extended) => {
    const greeting = {
      serverVersion: '5.5.5-10.11.6-MariaDB', connectionId: 0x7fff_fffe, scramble: Buffer.from('01234567890123456789'), flags: (BASE | flag | Capability.RememberOptions) >>> 0, extended, collation: 45, status: 2,
      plugin: 'caching_sha2_password',
    };
    expect(decodeGreeting(body(encodeGreeting(greeting)))).toEqual(greeting);
  });

  it('as MySQL 8.0 sends it', () => {
    // From "Connection Phase Packets" of the documentation, with a scramble of letters.
    const bytes = Buffer.concat([Buffer.from('\x0a8.0.36\0', 'latin1'), Buffer.from('0b000000', 'hex'), Buffer.from('ABCDEFGH\0'), Buffer.from('ffff ff 0200 ffdf 15'.replaceAll(' ', ''), 'hex'), Buffer.alloc(10), Buffer.from('IJKLMNOPQRST\0caching_sha2_password\0')]);
    expect(decodeGreeting(bytes)).toMatchObject({ serverVersion: '8.0.36', connectionId: 11, flags: 0xdfff_ffff, extended: 0, plugin: 'caching_sha2_password', scramble: Buffer.from('ABCDEFGHIJKLMNOPQRST') });
  });

  it('of other protocols is none', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('0933 2e3233 00'.replaceAll(' ', ''), 'hex'), Buffer.from('SSH-2.0-OpenSSH'), Buffer.from('\x0a8.0.36')]) expect(() => decodeGreeting(bytes)).toThrow(Malformed);
  });
});

describe('a handshake response', () => {
  it('with everything', () => {
    const response = {
      flags: (BASE | Capability.PluginAuthLenencData | Capability.ConnectAttrs) >>> 0, extended: MariaDbCapability.Progress, maxPacket: 1 << 24, collation: 255,
      user: 'repörter', authResponse: Buffer.alloc(300, 7), database: 'shop', plugin: 'dialog', attributes: new Map([['_client_name', 'x'], ['', 'y'.repeat(70_000)], ['__proto__', 'z']]),
    };
    expect(decodeHandshakeResponse(body(encodeHandshakeResponse(1, response)))).toEqual(response);
  });

  it('of a client of MySQL has no extended flags, whatever its filler says', () => {
    const response = { flags: BASE | Capability.LongPassword, extended: 7, maxPacket: 0, collation: 8, user: 'u', authResponse: Buffer.alloc(20), database: '', plugin: '', attributes: new Map() };
    expect(decodeHandshakeResponse(body(encodeHandshakeResponse(1, response)))).toEqual({ ...response, extended: 0 });
  });

  it('an SSLRequest is one only when it says so and nothing else', () => {
    const options = { flags: BASE, extended: 0, maxPacket: 1, collation: 8 };
    const request = body(encodeSslRequest(1, options));
    expect(decodeSslRequest(request)).toMatchObject({ collation: 8 });
    expect(decodeSslRequest(Buffer.concat([request, Buffer.of(0)]))).toBeUndefined();
    request.writeUInt32LE(BASE, 0);
    expect(decodeSslRequest(request)).toBeUndefined();
  });
});

it('an AuthSwitchRequest, and the one of before MySQL 4.1', () => {
  expect(decodeAuthSwitchRequest(authSwitchRequest('x', Buffer.from('abc')))).toEqual({ plugin: 'x', data: Buffer.from('abc\0') });
  expect(decodeAuthSwitchRequest(Buffer.of(0xfe))).toEqual({ plugin: '', data: Buffer.alloc(0) });
});

describe('any bytes', () => {
  const all = { flags: 0xffff_ffff, extended: 0xffff_ffff };
  it.each<[string, (bytes: Buffer) => unknown]>([
    ['greeting', decodeGreeting], ['handshake response', decodeHandshakeResponse], ['SSLRequest', decodeSslRequest], ['AuthSwitchRequest', decodeAuthSwitchRequest], ['OK', (bytes) => decodeOk(bytes, all)], ['ERR', decodeErr],
    ['EOF', decodeEof], ['column definition', (bytes) => decodeColumnDefinition(bytes, all)], ['PREPARE OK', (bytes) => decodePrepareOk(bytes, all)],
  ])('as %s are one or are Malformed', (_, decode) => {
    const first = fc.constantFrom(0x00, 0x01, 0x0a, 0xfe, 0xff, 0x03);
    fc.assert(fc.property(fc.tuple(first, fc.uint8Array({ maxLength: 120 })), ([byte, more]) => {
      try {
        decode(Buffer.from([byte, ...more]));
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }), { numRuns: 2000 });
  });
});
