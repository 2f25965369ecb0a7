/** The database's side of login: TLS, SCRAM, md5 or (over TLS only) a clear password, with the credential no agent sees. */

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { serialize } from 'pg-protocol';
import type { DatabaseConfig } from '../config/config.ts';
import { ByteReader } from '../framing/reader.ts';
import { serverEndPoint } from '../net/channel-binding.ts';
import { Handshake } from '../net/handshake.ts';
import { connectPlain, connectSecure, type Destination, UpstreamFailure } from '../net/outgoing.ts';
import { plainWire, streamWire, type Wire } from '../net/wire.ts';
import { decodeErrorFields } from './messages/error-response.ts';
import { Backend, HEADER_BYTES } from './messages/frame.ts';
import { encodeCancelRequest } from './messages/startup.ts';
import { ScramClient } from './scram.ts';

export interface Upstream {
  readonly wire: Wire;
  /** Bytes read beyond the login. */
  readonly rest: Buffer;
  /** Settings the server reported. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly secretKey: Buffer;
}

export interface UpstreamOptions {
  readonly database: DatabaseConfig;
  readonly password: string | undefined;
  /** Settings for the startup packet; the pins are added here. */
  readonly settings: ReadonlyMap<string, string>;
  /** PEM of the authorities to trust, for verify-full with a private one. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** What all judgement of statements rests on: how the server reads strings, and in which encoding (pinned: RESET goes back to these). */
const PINS = { standard_conforming_strings: 'on', client_encoding: 'UTF8' };

/** Connects and logs in. Throws UpstreamFailure, whose message names no credential. */
export async function openUpstream(options: UpstreamOptions): Promise<Upstream> {
  const socket = await openSocket(options);
  try {
    return await logIn(socket, options);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Sends a CancelRequest on a connection of its own, and waits until the server has taken it (it answers by closing). */
export async function cancelUpstream(destination: Destination, processId: number, secretKey: Buffer): Promise<void> {
  const socket = await openSocket(destination);
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.resume();
    socket.end(encodeCancelRequest(processId, secretKey));
  });
}

async function openSocket(destination: Destination): Promise<Socket> {
  const { host, port } = destination.database.upstream;
  const socket = await connectPlain(destination);
  if (destination.database.tls.mode === 'disable') return socket;
  socket.write(serialize.requestSsl());
  const handshake = new Handshake(socket, destination.signal);
  const answer = (await handshake.take(1))[0];
  if (answer !== 0x53 || handshake.pending > 0) {
    socket.destroy();
    throw new UpstreamFailure('tls', `the database at ${host}:${port} doesn't offer TLS`, { hint: 'Turn TLS on at the database, or set tls: disable for it.' });
  }
  return connectSecure(socket, destination);
}

interface Login {
  readonly socket: Socket;
  readonly handshake: Handshake;
  readonly user: string;
  readonly password: string | undefined;
  readonly encrypted: boolean;
  scram?: ScramClient;
  /** Has the server proved that it knows the password, too? */
  proved: boolean;
}

async function logIn(socket: Socket, { database, password, settings, signal }: UpstreamOptions): Promise<Upstream> {
  const { user, database: name } = database.upstream;
  const encrypted = database.tls.mode !== 'disable';
  const login: Login = { socket, handshake: new Handshake(socket, signal), user, password, encrypted, proved: false };
  socket.write(serialize.startup({ user, database: name, ...Object.fromEntries(settings), ...PINS }));
  const parameters = new Map<string, string>();
  let processId = 0;
  let secretKey = Buffer.alloc(0);
  for (;;) {
    const { type, body } = await nextMessage(login.handshake);
    const reader = new ByteReader(body, HEADER_BYTES);
    if (type === Backend.Authentication) await authenticate(login, reader);
    else if (type === Backend.ParameterStatus) parameters.set(reader.cstring(), reader.cstring());
    else if (type === Backend.BackendKeyData) {
      processId = reader.int32();
      secretKey = Buffer.from(reader.bytes(reader.remaining));
    } else if (type === Backend.ErrorResponse) throw refused(body);
    else if (type === Backend.ReadyForQuery) break;
    else if (type !== Backend.NoticeResponse && type !== Backend.NegotiateProtocolVersion) throw new UpstreamFailure('protocol', `the database sent message ${type} during login`);
  }
  const rest = login.handshake.rest();
  return { wire: encrypted ? streamWire(socket, true) : plainWire(socket), rest, parameters, processId, secretKey };
}

/** Largest message of a login. */
const MAX_MESSAGE = 65_536;

async function nextMessage(handshake: Handshake): Promise<{ readonly type: number; readonly body: Buffer }> {
  const header = await handshake.peek(HEADER_BYTES);
  const length = header.readInt32BE(1);
  if (length < 4 || length > MAX_MESSAGE) throw new UpstreamFailure('protocol', 'what answers at the database\'s address doesn\'t speak PostgreSQL');
  return { type: header[0] as number, body: await handshake.take(length + 1) };
}

function refused(body: Buffer): UpstreamFailure {
  const fields = decodeErrorFields(body, 0, body.length);
  return new UpstreamFailure('refused', `the database refused the proxy's login: ${fields.get('M') ?? ''} (${fields.get('C') ?? ''})`, { hint: 'Check upstream, password and tls of this database.' });
}

/** Authentication request types (documentation, "Message Formats"). */
async function authenticate(login: Login, reader: ByteReader): Promise<void> {
  switch (reader.int32()) {
    case 0:
      // RFC 5802, 9: without the server's signature anybody could be at the other end.
      if (login.scram !== undefined && !login.proved) throw new UpstreamFailure('bad_server', 'the database ended SCRAM without proving that it knows the password');
      return;
    case 3:
      inOrder(login);
      if (!login.encrypted) throw new UpstreamFailure('clear_password', 'the database asks for a clear password without TLS', { hint: 'Use scram-sha-256 at the database, or TLS.' });
      login.socket.write(serialize.password(need(login)));
      return;
    case 5:
      inOrder(login);
      login.socket.write(serialize.password(md5Password(login.user, need(login), reader.bytes(4))));
      return;
    case 10:
      return startScram(login, reader);
    case 11:
      login.socket.write(serialize.sendSCRAMClientFinalMessage(await scramOf(login).final(reader.bytes(reader.remaining).toString('utf8'))));
      return;
    case 12:
      scramOf(login).check(reader.bytes(reader.remaining).toString('utf8'));
      login.proved = true;
      return;
    default:
      throw new UpstreamFailure('unsupported', 'the database asks for an authentication method that isn\'t supported', { hint: 'Use scram-sha-256, md5 or (with TLS) password.' });
  }
}

/** A server that has begun SCRAM can't fall back to less. */
function inOrder({ scram }: Login): void {
  if (scram !== undefined) throw new UpstreamFailure('protocol', 'the database changed its mind about authentication');
}

function startScram(login: Login, reader: ByteReader): void {
  inOrder(login);
  const offered: string[] = [];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) offered.push(name);
  const certificate = login.encrypted ? (login.socket as TLSSocket).getPeerX509Certificate() : undefined;
  const plus = certificate !== undefined && offered.includes('SCRAM-SHA-256-PLUS');
  if (!plus && !offered.includes('SCRAM-SHA-256')) throw new UpstreamFailure('unsupported', `the database offers only ${offered.join(', ')}`);
  const binding = plus ? serverEndPoint(certificate.raw, certificate.signatureAlgorithm) : undefined;
  login.scram = new ScramClient(need(login), binding);
  login.socket.write(serialize.sendSASLInitialResponseMessage(plus ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256', login.scram.first()));
}

function scramOf({ scram }: Login): ScramClient {
  if (scram === undefined) throw new UpstreamFailure('protocol', 'the database sent SCRAM messages out of order');
  return scram;
}

function need({ password }: Login): string {
  if (password === undefined) throw new UpstreamFailure('no_password', 'the database asks for a password and none is configured', { hint: 'Set password for this database.' });
  return password;
}

function md5Password(user: string, password: string, salt: Buffer): string {
  const md5 = (data: string | Buffer): string => createHash('md5').update(data).digest('hex');
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`;
}
