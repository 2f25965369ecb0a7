/** The database's side of login: TLS and authentication, with the credential no agent sees. */

import type { Socket } from 'node:net';
import type { DatabaseConfig } from '../config/config.ts';
import { Malformed } from '../framing/malformed.ts';
import { Handshake, HandshakeFailure } from '../net/handshake.ts';
import { connectPlain, connectSecure, type Destination, UpstreamFailure } from '../net/outgoing.ts';
import { plainWire, streamWire, type Wire } from '../net/wire.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { type Credential, type Method, method } from './auth/methods.ts';
import { Exchange } from './exchange.ts';
import { ask } from './negotiation.ts';
import { decodeAuthSwitchRequest, Plugin } from './packets/auth.ts';
import { type Capabilities, Capability, has } from './packets/capabilities.ts';
import { decodeErr, isErr } from './packets/err.ts';
import { Header } from './packets/frame.ts';
import { decodeGreeting, type Greeting } from './packets/handshake.ts';
import { encodeHandshakeResponse, encodeSslRequest } from './packets/handshake-response.ts';
import { decodeOk } from './packets/ok.ts';
import { type SessionStart, startSession } from './session-setup.ts';

/** What the agent's handshake response says that the database's session shall have, too. */
export interface SessionWishes extends Capabilities {
  readonly maxPacket: number;
  readonly collation: number;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface UpstreamOptions extends Destination {
  readonly database: DatabaseConfig;
  readonly password: string | undefined;
  readonly wishes: SessionWishes;
  /** Seconds for which rows may wait here; see tracked.ts. */
  readonly patience?: number;
}

export interface UpstreamLogin {
  readonly exchange: Exchange;
  readonly greeting: Greeting;
  /** In force on this connection. */
  readonly capabilities: Capabilities;
  readonly encrypted: boolean;
  /** `ServerStatus` bits of the login's OK. */
  readonly status: number;
}

export interface Upstream extends SessionStart {
  readonly wire: Wire;
  /** Bytes read beyond the login. */
  readonly rest: Buffer;
  readonly greeting: Greeting;
  readonly capabilities: Capabilities;
  /** `ServerStatus` bits of the login's OK. */
  readonly status: number;
}

/** Largest packet of a login and of the first questions. */
const MAX_PACKET = 65_536;

/** utf8mb4_general_ci, which both flavours have. */
const UTF8MB4 = 45;

/** For connections of our own. */
export function ownWishes(purpose: string): SessionWishes {
  return { flags: Capability.DeprecateEof | Capability.LongFlag, extended: 0, maxPacket: 0x100_0000, collation: UTF8MB4, attributes: new Map([['program_name', `countersign ${purpose}`]]) };
}

/** Options of a login of our own. @param signal or how long all of it may take, milliseconds from when its secrets are read */
export async function ownLogin({ database, password, authorities }: OwnAccess, purpose: string, signal: AbortSignal | number): Promise<UpstreamOptions> {
  const [ca, secret] = await Promise.all([authorities(), password()]);
  return { database, password: secret, ca, wishes: ownWishes(purpose), signal: typeof signal === 'number' ? AbortSignal.timeout(signal) : signal };
}

/** Connects, logs in and begins a session. Throws UpstreamFailure, whose message names no credential. */
export async function openUpstream(options: UpstreamOptions): Promise<Upstream> {
  return withLogin(options, MAX_PACKET, async ({ exchange, greeting, capabilities, encrypted, status }) => {
    const start = await startSession(exchange, capabilities, options.patience ?? 0);
    const rest = exchange.handshake.rest();
    const { socket } = exchange.handshake;
    return { ...start, wire: encrypted ? streamWire(socket, true) : plainWire(socket), rest, greeting, capabilities, status };
  });
}

/**
 * Connects, logs in, and lets `use` have the connection, which is destroyed when that fails.
 * @param maxPacket largest payload that `use` will read, bytes
 */
export async function withLogin<T>(options: UpstreamOptions, maxPacket: number, use: (login: UpstreamLogin) => Promise<T>): Promise<T> {
  const plain = await connectPlain(options);
  let socket: Socket = plain;
  try {
    const login = await logIn(plain, options, maxPacket, (secure) => (socket = secure));
    return await use(login);
  } catch (error) {
    socket.destroy();
    plain.destroy();
    if (error instanceof HandshakeFailure) throw new UpstreamFailure('unreachable', 'the database closed the connection during the login', { cause: error });
    if (!(error instanceof Malformed)) throw error;
    throw new UpstreamFailure('protocol', `what answers at the database's address doesn't speak MySQL: ${error.message}`, { cause: error });
  }
}

async function logIn(plain: Socket, options: UpstreamOptions, maxPacket: number, secured: (socket: Socket) => void): Promise<UpstreamLogin> {
  const { database, wishes, password, signal } = options;
  const handshake = new Handshake(plain, signal);
  const first = new Exchange(handshake, MAX_PACKET);
  const greeting = decodeGreeting(await payload(first));
  const { asked, lacking } = ask(wishes, greeting);
  if (lacking) throw new UpstreamFailure('unsupported', 'the database lacks what the session needs', { hint: 'MySQL 5.7 or MariaDB 10.2, or later, is needed; behind one address all servers must be alike.' });
  const client = { ...asked, maxPacket: wishes.maxPacket, collation: wishes.collation };
  let exchange = first;
  if (database.tls.mode !== 'disable') {
    if (!has(greeting, Capability.Ssl) || handshake.pending > 0) throw new UpstreamFailure('tls', `the database at ${database.upstream.host}:${database.upstream.port} doesn't offer TLS`, { hint: 'Turn TLS on at the database, or set tls: disable for it.' });
    exchange.send((sequence) => encodeSslRequest(sequence, client));
    client.flags = (client.flags | Capability.Ssl) >>> 0;
    const secure = await connectSecure(plain, options);
    secured(secure);
    exchange = new Exchange(new Handshake(secure, signal), maxPacket, exchange.sequence);
  } else exchange = new Exchange(handshake, maxPacket, exchange.sequence);
  const status = await authenticate(exchange, greeting, { ...options, client }, { password, channel: channelOf(database) });
  return { exchange, greeting, capabilities: asked, encrypted: database.tls.mode !== 'disable', status };
}

function channelOf({ tls: { mode } }: DatabaseConfig): Credential['channel'] {
  return mode === 'disable' ? 'plain' : mode === 'verify-full' ? 'verified' : 'encrypted';
}

type ClientOptions = Capabilities & { readonly maxPacket: number; readonly collation: number };

/** Resolves with the status of the OK. */
async function authenticate(exchange: Exchange, greeting: Greeting, { database, wishes, client }: UpstreamOptions & { readonly client: ClientOptions }, credential: Credential): Promise<number> {
  const { user, database: name } = database.upstream;
  const [plugin, first] = firstMethod(greeting, credential);
  const response = { ...client, user, authResponse: first.begin(greeting.scramble), database: name, plugin, attributes: wishes.attributes };
  exchange.send((sequence) => encodeHandshakeResponse(sequence, response));
  let current = first;
  let switched = false;
  for (;;) {
    const packet = await payload(exchange);
    if (packet[0] === Header.Ok) return decodeOk(packet, client).status;
    if (packet[0] === Header.Eof) {
      if (switched) throw new UpstreamFailure('protocol', 'the database changed its mind about authentication twice');
      switched = true;
      const request = decodeAuthSwitchRequest(packet);
      current = method(request.plugin, credential);
      exchange.write(current.begin(request.data));
    } else {
      // MariaDB puts 0x01 in front only where the plugin's data would be taken for another packet (sql/sql_acl.cc server_mpvio_write_packet).
      const answer = await current.more(Buffer.from(packet[0] === Header.AuthMoreData ? packet.subarray(1) : packet));
      if (answer !== undefined) exchange.write(answer);
    }
  }
}

/** The server's default plugin, as any driver begins; where that isn't ours, one of ours, which the server then changes if the account has another. */
function firstMethod({ plugin }: Greeting, credential: Credential): [string, Method] {
  const begins: readonly string[] = [Plugin.CachingSha2, Plugin.Native];
  const name = begins.includes(plugin) ? plugin : Plugin.Native;
  return [name, method(name, credential)];
}

/** The next payload. Throws UpstreamFailure for an ERR. */
async function payload(exchange: Exchange): Promise<Buffer> {
  const packet = await exchange.read();
  if (!isErr(packet)) return packet;
  const { errno, message } = decodeErr(packet);
  throw new UpstreamFailure('refused', `the database refused the proxy's login: ${message} (${errno})`, { hint: 'Check upstream, password and tls of this database.' });
}
