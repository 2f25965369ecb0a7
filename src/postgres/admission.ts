/**
 * From the first byte to the first statement.
 *
 *   accept -> (direct TLS | SSLRequest | GSSENCRequest)* -> CancelRequest
 *                                                        -> StartupMessage -> SCRAM -> database -> ReadyForQuery
 */

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { DatabaseConfig } from '../config/config.ts';
import { Malformed } from '../framing/malformed.ts';
import type { Agent } from '../identity/agent.ts';
import { acceptTls } from '../net/accept-tls.ts';
import { Handshake, HandshakeFailure } from '../net/handshake.ts';
import { UpstreamFailure } from '../net/outgoing.ts';
import { plainWire, remoteName, streamWire } from '../net/wire.ts';
import type { Admitted, Door, House, SessionKey } from '../protocol/door.ts';
import { type Entrance, goThrough } from '../protocol/entrance.ts';
import { type Refusal, Refused } from '../protocol/refusal.ts';
import { tokenNeedsTls } from '../protocol/token-login.ts';
import { PostgresConversation } from './conversation.ts';
import { login, tokenLogin } from './login.ts';
import { authenticationOk, backendKeyData, negotiateProtocolVersion, parameterStatus, readyForQuery } from './messages/backend.ts';
import { decodeStartupPacket, type StartupPacket, startupPacketSize } from './messages/startup.ts';
import { type StartupSettings, startupSettings } from './parameters.ts';
import { encodeRefusal } from './refusal.ts';
import { cancelUpstream, openUpstream, type Upstream } from './upstream.ts';

/** First byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;
/** Of names that strangers give, this much is journalled. Characters. */
const SHOWN = 128;
/** Newest minor version of protocol 3 we speak: 3.2 has longer cancel keys. */
const NEWEST_MINOR = 2;

interface Entered {
  readonly agent: Agent;
  /** See Admitted. */
  readonly until?: number;
}

type Startup = StartupPacket & { readonly kind: 'startup' };

export const postgresDoor: Door = (accepted, house) => goThrough(house, (signal) => new PostgresEntrance(accepted, house, signal));

class PostgresEntrance implements Entrance {
  readonly #house: House;
  readonly #signal: AbortSignal;
  #handshake: Handshake;
  #attempt = { agent: '', database: '' };

  constructor(socket: Socket, house: House, signal: AbortSignal) {
    this.#house = house;
    this.#signal = signal;
    this.#handshake = new Handshake(socket, signal);
  }

  async enter(): Promise<Admitted | undefined> {
    const startup = await this.#startup();
    if (startup === undefined) return undefined;
    const { agent, until, settings } = await this.#authenticate(startup);
    const database = this.#database(startup, agent);
    this.#house.mayUse(database);
    const upstream = await this.#upstream(database, settings);
    try {
      return { ...this.#admit(startup, agent, database, settings, upstream), ...(until !== undefined && { until }) };
    } catch (error) {
      upstream.wire.destroy();
      throw error;
    }
  }

  /** Answers the client in its own terms where there are any, and closes. */
  turnAway(error: unknown): void {
    const { socket } = this.#handshake;
    const refusal = refusalOf(error);
    if (refusal === undefined) {
      socket.destroy();
      return;
    }
    const { agent, database } = this.#attempt;
    if (error instanceof UpstreamFailure) this.#house.upstreamFailed(database, error);
    if (agent !== '') this.#house.loginRefused({ agent: agent.slice(0, SHOWN), database: database.slice(0, SHOWN), client: remoteName(socket), code: refusal.code });
    socket.end(encodeRefusal(refusal, 'FATAL'));
    const timer = setTimeout(() => socket.destroy(), 2_000);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  }

  /** Undefined when the connection was for something else and is closed. */
  async #startup(): Promise<Startup | undefined> {
    let gssencAsked = false;
    if ((await this.#handshake.peek(1))[0] === TLS_HANDSHAKE) await this.#secure(true);
    for (;;) {
      const size = startupPacketSize(await this.#handshake.peek(4)) ?? 4;
      const packet = decodeStartupPacket(await this.#handshake.take(size));
      switch (packet.kind) {
        case 'ssl':
          if (this.#encrypted) throw new Malformed('SSLRequest inside TLS');
          await this.#answerSslRequest();
          break;
        case 'gssenc':
          if (gssencAsked) throw new Malformed('GSSENCRequest twice');
          gssencAsked = true;
          this.#handshake.socket.write('N');
          break;
        case 'cancel':
          this.#house.cancel(packet.processId, packet.secretKey);
          this.#handshake.socket.end();
          this.#handshake.socket.resume();
          return undefined;
        case 'startup':
          return packet;
      }
    }
  }

  get #encrypted(): boolean {
    return this.#handshake.socket instanceof TLSSocket;
  }

  async #answerSslRequest(): Promise<void> {
    // Bytes behind the request were sent unprotected by somebody between (CVE-2021-23214).
    if (this.#handshake.pending > 0) throw new Malformed('bytes behind SSLRequest');
    if (this.#house.tls === undefined) {
      this.#handshake.socket.write('N');
      return;
    }
    this.#handshake.socket.write('S');
    await this.#secure(false);
  }

  /** @param direct without SSLRequest (documentation, "SSL Session Encryption"): ALPN is then required. */
  async #secure(direct: boolean): Promise<void> {
    const { tls } = this.#house;
    if (tls === undefined) throw new Malformed('TLS is not configured here');
    const { handshake, secure } = await acceptTls(this.#handshake, tls, this.#signal, ['postgresql']);
    this.#handshake = handshake;
    if (direct && secure.alpnProtocol !== 'postgresql') throw new Malformed('direct TLS without ALPN "postgresql"');
  }

  async #authenticate(startup: Startup): Promise<Entered & { readonly settings: StartupSettings }> {
    const { parameters, major, minor } = startup;
    const { socket } = this.#handshake;
    const user = parameters.get('user') ?? '';
    this.#attempt = { agent: user, database: parameters.get('database') ?? user };
    if (major !== 3) throw new Refused({ code: 'unsupported', message: `protocol version ${major}.${minor} is not supported; 3.0 to 3.${NEWEST_MINOR} are` });
    if (user === '') throw new Refused({ code: 'protocol_violation', message: 'no user name in the startup packet' });
    const { tls } = this.#house;
    if (tls?.required && !this.#encrypted) throw new Refused({ code: 'login_refused', message: 'TLS is required here', hint: 'Connect with sslmode=require or better.' });
    const settings = startupSettings(parameters);
    const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
    if (minor > NEWEST_MINOR || unknown.length > 0) socket.write(negotiateProtocolVersion(Math.min(minor, NEWEST_MINOR), unknown));
    const entered = await this.#login(user);
    this.#house.mayEnter(entered.agent);
    return { ...entered, settings };
  }

  async #login(user: string): Promise<Entered> {
    const { tokens, tls, mockSecret, config: { agents } } = this.#house;
    if (tokens?.expects(user) === true) {
      if (!this.#encrypted) throw tokenNeedsTls(user, 'Connect with sslmode=require or better.');
      return tokenLogin(this.#handshake, user, tokens);
    }
    const like = [...agents.values()].find(({ verifiers }) => verifiers.scram !== undefined);
    return { agent: await login(this.#handshake, { user, agent: agents.get(user), like, mockSecret, binding: this.#encrypted ? tls?.endPoint : undefined }) };
  }

  #database({ parameters }: Startup, agent: Agent): DatabaseConfig {
    const name = parameters.get('database') || agent.name;
    const database = this.#house.config.databases.get(name);
    // Databases the agent may not use are as unknown to it as those that don't exist.
    if (database === undefined || database.protocol !== 'postgres' || !agent.databases.includes(name)) {
      throw new Refused({
        code: 'database_refused', message: `agent ${JSON.stringify(agent.name)} may not use database ${JSON.stringify(name)}`,
        hint: agent.databases.length === 0 ? 'No database is allowed to this agent.' : `It may use: ${agent.databases.join(', ')}.`,
      });
    }
    return database;
  }

  async #upstream(database: DatabaseConfig, { settings }: StartupSettings): Promise<Upstream> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#house.config.timeouts.upstreamConnectMs)]);
    const [password, ca] = await Promise.all([this.#house.readSecret(database), this.#house.authorities(database)]);
    const ours = new Map([...settings].filter(([name]) => !name.startsWith('tcp_')));
    return openUpstream({ database, password, ca, settings: ours, signal });
  }

  #admit(startup: Startup, agent: Agent, database: DatabaseConfig, settings: StartupSettings, upstream: Upstream): Admitted {
    const { socket } = this.#handshake;
    const key = this.#house.newKey(Math.min(startup.minor, NEWEST_MINOR) >= 2 ? 32 : 4);
    const rest = this.#handshake.rest();
    const limits = this.#house.config.limits;
    const client = this.#encrypted ? streamWire(socket, true) : plainWire(socket);
    client.write([greeting(upstream, key)]);
    return {
      agent, database, key, attributes: settings.attributes, startup: settings.settings, settings: upstream.parameters,
      client,
      upstream: upstream.wire,
      rest: { client: rest, upstream: upstream.rest },
      converse: (listener) => new PostgresConversation(limits, listener),
      cancelUpstream: () => this.#cancelUpstream(database, upstream),
    };
  }

  async #cancelUpstream(database: DatabaseConfig, { processId, secretKey }: Upstream): Promise<void> {
    const signal = AbortSignal.timeout(this.#house.config.timeouts.upstreamConnectMs);
    await cancelUpstream({ database, ca: await this.#house.authorities(database), signal }, processId, secretKey);
  }
}

function greeting({ parameters }: Upstream, { processId, secretKey }: SessionKey): Buffer {
  const statuses = [...parameters].map(([name, value]) => parameterStatus(name, value));
  return Buffer.concat([authenticationOk(), ...statuses, backendKeyData(processId, secretKey), readyForQuery('I')]);
}

/** Undefined: nothing can be said in the protocol (the peer is gone, or it isn't speaking it). */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof Malformed) return { code: 'protocol_violation', message: `invalid startup: ${error.message}` };
  if (error instanceof UpstreamFailure) return { code: 'upstream_unavailable', message: 'the database can\'t be reached by the proxy now', hint: 'Try again later; the proxy\'s operator finds the cause in its log.', detail: { cause: error.code } };
  if (error instanceof HandshakeFailure) return undefined;
  if (error instanceof Error && error.name === 'TimeoutError') return { code: 'upstream_unavailable', message: 'the database didn\'t answer in time' };
  return { code: 'internal', message: 'the proxy failed to log the session in' };
}
