/** The first bytes of a connection, from whoever can reach the port. */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../scenarios/world.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { cancel, frames, PROTOCOL_3_2, WireClient } from '../support/wire.ts';

let world: World;
let secure: TestProxy;
let certificate: Certificate;

beforeAll(async () => {
  certificate = await makeCertificate();
  world = await startWorld({ schema: 'create table t (id int)', extra: 'timeouts: { handshake: 1s }\n' });
  const upstream = { url: `postgres://app@${world.server.host}:${world.server.port}/shop`, password: 'upstream' };
  secure = await startTestProxy({ upstream, tls: { ...certificate, required: true } });
});
afterAll(async () => {
  await secure?.stop();
  await world?.stop();
});

const code = (major: number, minor: number) => (major << 16) | minor;
const user = { user: 'reporter', database: 'shop' };

/** Everything that comes back until the proxy closes. */
function exchange(port: number, ...writes: readonly Uint8Array[]): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    for (const bytes of writes) socket.write(bytes);
  });
}
const said = async (...writes: readonly Uint8Array[]): Promise<string> => (await exchange(world.proxy.port, ...writes)).toString('latin1');

function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, 4 * index);
  return bytes;
}
const pairs = (text: string): Buffer => {
  const body = Buffer.from(text, 'latin1');
  return Buffer.concat([int32(body.length + 8, code(3, 0)), body]);
};

describe('a first packet that makes no sense', () => {
  it.each([
    ['a negative length', int32(-1, code(3, 0))],
    ['length 0', int32(0, code(3, 0))],
    ['length 3', int32(3, code(3, 0))],
    ['length 7', int32(7, code(3, 0))],
    ['a length over 10,000', int32(10_001, code(3, 0))],
    ['a huge length', int32(0x7fff_ffff, code(3, 0))],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a parameter twice', pairs('user\0reporter\0user\0writer\0\0')],
    ['a parameter without a value', pairs('user\0')],
    ['no end of parameters', pairs('user\0reporter\0database\0shop\0')],
    ['bytes behind the parameters', pairs('user\0reporter\0\0more')],
    ['a name that is not UTF-8', pairs('user\0\xff\xfe\0\0')],
    ['protocol 2.0', Buffer.concat([int32(296, code(2, 0)), Buffer.alloc(288)])],
    ['a protocol of the future', frames.startup(user, code(4, 0))],
    ['GSSENC twice', Buffer.concat([frames.gssRequest(), frames.gssRequest()])],
    ['SSLRequest with more behind it', Buffer.concat([frames.sslRequest(), frames.startup(user)])],
    ['a cancel key that is too long', Buffer.concat([int32(12 + 300, 80_877_102, 1), Buffer.alloc(300)])],
    ['no user', frames.startup({ database: 'shop' })],
    ['TLS where there is none', Buffer.from('160301020001000100', 'hex')],
  ])('%s ends with one FATAL', async (_, bytes) => {
    expect(await said(bytes)).toMatch(/^N?E[^]{4}SFATAL\0VFATAL\0C(08P01|0A000)\0/);
  });

  it.each([
    ['replication=true', { replication: 'true' }], ['replication=database', { replication: 'database' }], ['replication=1', { replication: '1' }], ['replication=on', { replication: 'on' }], ['replication=ON', { replication: 'YES' }],
    ['client_encoding', { client_encoding: 'SJIS' }], ['CLIENT_ENCODING', { CLIENT_ENCODING: 'sjis' }], ['Options', { Options: '-c search_path=x' }],
    ['-c client_encoding', { options: '-c client_encoding=SJIS' }], ['-cclient_encoding', { options: '-cclient_encoding=SJIS' }], ['--client-encoding', { options: '--client-encoding=big5' }],
    ['--CLIENT-ENCODING', { options: '--CLIENT-ENCODING=gbk' }], ['a backslash in options', { options: String.raw`-c client_\encoding=SJIS` }],
    ['standard_conforming_strings', { options: '-c standard_conforming_strings=off' }], ['standard_conforming_strings by its own name', { standard_conforming_strings: '0' }],
    ['session_replication_role', { options: '-c session_replication_role=replica' }], ['role', { role: 'postgres' }], ['backslash_quote', { backslash_quote: 'on' }],
    ['other options of postgres', { options: '-s' }], ['a -c with nothing', { options: '-c' }], ['-c without a value', { options: '-c search_path' }],
    ['the second of two', { options: '-c search_path=a -c client_encoding=SJIS' }], ['an escaped blank', { options: String.raw`-c search_path=a\ b -c role=postgres` }],
  ])('%s may not be set at startup', async (_, parameters) => {
    expect(await said(frames.startup({ ...user, ...parameters }))).toMatch(/^E[^]{4}SFATAL\0VFATAL\0C42501\0/);
  });

  it('options that only change how results look are passed on', async () => {
    const client = await world.agent({ parameters: { options: String.raw`-c application_name=a\ b --DateStyle=German` } });
    expect(await client.query('show application_name')).toContain('B DataRow "a b"');
    expect(await client.query('show datestyle')).toContain('B DataRow "German, DMY"');
    client.destroy();
  });
});

describe('protocol versions', () => {
  it.each([['3.2', PROTOCOL_3_2, 32], ['3.9', code(3, 9), 32], ['3.0', code(3, 0), 4]])('%s', async (_, version, key) => {
    const client = await world.agent({ version, parameters: version === code(3, 9) ? { '_pq_.new': 'on' } : {} });
    expect(client.key?.secret).toHaveLength(key);
    if (version === code(3, 9)) expect(client.transcript[0]).toContain('B NegotiateProtocolVersion');
    client.destroy();
  });

  it('a cancel works with the whole key only, whatever its length', async () => {
    for (const version of [code(3, 0), PROTOCOL_3_2]) {
      const client = await world.agent({ version });
      const { pid, secret } = client.key as { pid: number; secret: Buffer };
      client.send(frames.query('create table cancelled (id int)'));
      const { id } = await world.proxy.pending('create table cancelled (id int)');
      for (const wrong of [secret.map((byte) => byte ^ 1), secret.subarray(0, 4).map((byte) => byte ^ 255), Buffer.concat([secret, Buffer.alloc(4)])]) await cancel({ host: '127.0.0.1', port: world.proxy.port }, { pid, secret: wrong });
      expect((await world.proxy.call(`/api/v1/requests/${id}`))['state']).toBe('pending');
      await cancel({ host: '127.0.0.1', port: world.proxy.port }, { pid, secret });
      expect((await client.until('ReadyForQuery'))[1]).toContain('57014');
      expect((await client.query('select 1')).at(-1)).toBe('B ReadyForQuery I');
      client.destroy();
    }
  });
});

describe('who may come in', () => {
  const attempt = async (login: Partial<Parameters<World['agent']>[0]> & object): Promise<string> => world.agent(login).then(() => 'in', (error: Error) => error.message);
  const answers = async (name: string): Promise<string[]> => {
    const client = await WireClient.connect({ host: '127.0.0.1', port: world.proxy.port });
    await client.startup({ user: name, password: 'wrong', database: 'shop' }).catch(() => undefined);
    client.destroy();
    return client.transcript.map((line) => line.replaceAll(name, 'NAME'));
  };

  it('an unknown agent and a wrong password get the same bytes', async () => {
    expect(await answers('nobody')).toEqual(await answers('reporter'));
  });

  it('an unknown agent is asked with the same salt each time, and as many iterations as a known one', async () => {
    const first = async (name: string): Promise<string> => {
      const client = await WireClient.connect({ host: '127.0.0.1', port: world.proxy.port });
      client.socket.write(Buffer.concat([frames.startup({ user: name, database: 'shop' }), frames.raw('p', Buffer.from('SCRAM-SHA-256\0\0\0\0\x0bn,,n=,r=abc', 'latin1'))]));
      await client.next();
      const { frame } = (await client.next()) ?? { frame: Buffer.alloc(0) };
      client.destroy();
      return frame.toString('latin1', 9);
    };
    const parts = (message: string) => message.split(',').slice(1);
    expect(parts(await first('nobody'))).toEqual(parts(await first('nobody')));
    expect(parts(await first('nobody'))).not.toEqual(parts(await first('nobody2')));
    expect(parts(await first('nobody'))[1]).toBe(parts(await first('reporter'))[1]);
  });

  it('a database that is not the agent\'s, and one that does not exist, get the same clear FATAL', async () => {
    const answer = await attempt({ database: 'payroll' });
    expect(answer).toContain('may not use database \\"payroll\\"');
    expect(answer).toContain('It may use: shop.');
  });

  it('a login message that is too long, of another kind, or no SCRAM ends it', async () => {
    const start = frames.startup(user);
    for (const bytes of [frames.raw('p', Buffer.alloc(10), 65_540), frames.raw('p', Buffer.alloc(0), -1), frames.query('select 1'), frames.raw('p', Buffer.from('PLAIN\0\xff\xff\xff\xff', 'latin1')), frames.password(AGENT_PASSWORD)]) {
      expect(await said(start, bytes)).toMatch(/E[^]{4}SFATAL\0VFATAL\0C08P01\0/);
    }
  });

  it('who says nothing, or not enough, is told after the handshake timeout', async () => {
    expect(await said(frames.startup(user))).toContain('the login took too long');
    expect(await said(Buffer.from([0]))).toContain('the login took too long');
  });
});

describe('TLS', () => {
  const address = () => ({ host: '127.0.0.1', port: secure.port });

  it('that is required is required', async () => {
    expect((await exchange(secure.port, frames.startup(user))).toString('latin1')).toContain('TLS is required here');
  });

  it.each(['request', 'direct'] as const)('by %s', async (mode) => {
    const client = await WireClient.login({ ...address(), tls: { mode, ca: certificate.ca }, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
    expect(client.transcript[0]).toContain('SCRAM-SHA-256-PLUS');
    expect(await client.query('select 1')).toContain('B DataRow "1"');
    client.destroy();
  });

  it('direct without ALPN is refused', async () => {
    const socket = connectTls({ ...address(), rejectUnauthorized: false });
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => resolve()).on('close', () => resolve());
    });
    expect(Buffer.concat(chunks).toString()).toContain('ALPN');
  });

  it('bytes stuffed behind SSLRequest never count as said inside TLS', async () => {
    expect((await exchange(secure.port, Buffer.concat([frames.sslRequest(), frames.startup(user)]))).toString('latin1')).toMatch(/^E[^]{4}SFATAL/);
  });

  it('a second SSLRequest, inside TLS, is refused', async () => {
    const client = await WireClient.connect({ ...address(), tls: { mode: 'request', ca: certificate.ca } });
    client.socket.write(frames.sslRequest());
    expect((await client.until('nothing'))[0]).toContain('SSLRequest inside TLS');
  });
});
