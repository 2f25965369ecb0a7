/**
 * From accept to the first command.
 *
 *   accept -> greeting -> (SSLRequest -> TLS)? -> HandshakeResponse -> (AuthSwitch | AuthMoreData)* -> database -> OK
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
import { sessionAttributes } from './attributes.ts';
import { newScramble } from './authentication.ts';
import { cancelUpstream } from './cancel.ts';
import { textDecoder } from './charsets.ts';
import { changeUser } from './change-user.ts';
import { chooseDatabase } from './choose-database.ts';
import { MysqlConversation } from './conversation.ts';
import { Exchange } from './exchange.ts';
import { expectsBareData, type SeenServers } from './flavour.ts';
import { login, tokenLogin } from './login.ts';
import { agree, missingOfAgent, offer } from './negotiation.ts';
import { Plugin } from './packets/auth.ts';
import { type Capabilities, Capability, has, ServerStatus } from './packets/capabilities.ts';
import { encodeGreeting, type Greeting } from './packets/handshake.ts';
import { decodeHandshakeResponse, decodeSslRequest, type HandshakeResponse } from './packets/handshake-response.ts';
import { encodeOk } from './packets/ok.ts';
import { encodeRefusal } from './refusal.ts';
import { openUpstream, type SessionWishes, type Upstream } from './upstream.ts';

/** Largest packet before a login is complete, bytes: connection attributes may take 64 KiB (server: reads no more of them, either). */
const MAX_LOGIN_PACKET = 70_000;
/** Of names that strangers give, this much is repeated and journalled. Characters. */
const SHOWN = 128;
/** 32 bytes, though no client ever gives it back: what cancels by key mustn't hit a session by its number alone. */
const KEY_BYTES = 32;
/** utf8mb4_general_ci, while no database has been seen. */
const COLLATION = 45;

/** @param seen what the databases are: our greeting is modelled on it */
export function mysqlDoor(seen: SeenServers): Door {
  return (accepted, house) => goThrough(house, (signal) => new MysqlEntrance(accepted, house, seen, signal));
}

interface Entered {
  readonly response: HandshakeResponse;
  readonly client: Capabilities;
  readonly agent: Agent;
  readonly database: DatabaseConfig;
}

class MysqlEntrance implements Entrance {
  /** See expectsBareData. */
  #bare = false;
  readonly #house: House;
  readonly #seen: SeenServers;
  readonly #signal: AbortSignal;
  readonly #key: SessionKey;
  #exchange: Exchange;
  #attempt = { agent: '', database: '' };

  constructor(socket: Socket, house: House, seen: SeenServers, signal: AbortSignal) {
    this.#house = house;
    this.#seen = seen;
    this.#signal = signal;
    this.#key = house.newKey(KEY_BYTES);
    this.#exchange = new Exchange(new Handshake(socket, signal), MAX_LOGIN_PACKET);
  }

  async enter(): Promise<Admitted> {
    const greeting = this.#greet();
    const response = await this.#response(greeting);
    const client = this.#agree(response, greeting);
    const { agent, until } = await this.#authenticate(response, greeting);
    this.#house.mayEnter(agent);
    const database = chooseDatabase(this.#house.config, agent, response.database);
    this.#attempt.database = database.name;
    this.#house.mayUse(database);
    const upstream = await this.#upstream(database, { ...response, ...client });
    try {
      return { ...this.#admit({ response, client, agent, database }, upstream), ...(until !== undefined && { until }) };
    } catch (error) {
      upstream.wire.destroy();
      throw error;
    }
  }

  /** Answers the client in its own terms where there are any, and closes. */
  turnAway(error: unknown): void {
    const { socket } = this.#exchange.handshake;
    const refusal = refusalOf(error);
    if (refusal === undefined) {
      socket.destroy();
      return;
    }
    const { agent, database } = this.#attempt;
    if (error instanceof UpstreamFailure) this.#house.upstreamFailed(database, error);
    if (agent !== '') this.#house.loginRefused({ agent, database, client: remoteName(socket), code: refusal.code });
    socket.end(encodeRefusal(this.#exchange.sequence, refusal));
    const timer = setTimeout(() => socket.destroy(), 2_000);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  }

  /** The server speaks first. */
  #greet(): Greeting {
    const { model, all } = this.#seen;
    const offered = offer(all, model?.version.flavour ?? 'mysql');
    const greeting = {
      ...offered, flags: (offered.flags | (this.#house.tls === undefined ? 0 : Capability.Ssl)) >>> 0,
      serverVersion: model?.version.text ?? '8.0.0', collation: model?.collation ?? COLLATION,
      connectionId: this.#key.processId, scramble: newScramble(), status: ServerStatus.Autocommit, plugin: Plugin.CachingSha2,
    };
    this.#exchange.send(() => encodeGreeting(greeting));
    return greeting;
  }

  async #response({ flags }: Greeting): Promise<HandshakeResponse> {
    const first = await this.#exchange.read();
    if (decodeSslRequest(first) === undefined) return decodeHandshakeResponse(first);
    const { tls } = this.#house;
    if (tls === undefined || !has({ flags }, Capability.Ssl)) throw new Malformed('SSLRequest where TLS isn\'t offered');
    // Whatever lies behind the request already goes to TLS: never is anything taken for said inside that was said before it (CVE-2021-23222's kind).
    const { handshake } = await acceptTls(this.#exchange.handshake, tls, this.#signal);
    this.#exchange = new Exchange(handshake, MAX_LOGIN_PACKET, this.#exchange.sequence);
    const second = await this.#exchange.read();
    if (decodeSslRequest(second) !== undefined) throw new Malformed('SSLRequest inside TLS');
    return decodeHandshakeResponse(second);
  }

  get #encrypted(): boolean {
    return this.#exchange.handshake.socket instanceof TLSSocket;
  }

  #agree(response: HandshakeResponse, greeting: Greeting): Capabilities {
    this.#attempt = { agent: response.user.slice(0, SHOWN), database: response.database.slice(0, SHOWN) };
    const missing = missingOfAgent(response);
    if (missing !== undefined) throw new Refused({ code: 'unsupported', message: `the client lacks ${missing}`, hint: 'Use a client of MySQL 4.1 or later.' });
    if (this.#house.tls?.required === true && !this.#encrypted) throw new Refused({ code: 'login_refused', message: 'TLS is required here', hint: 'Connect with --ssl, ssl-mode=REQUIRED or your driver\'s like of it.' });
    return agree(response, greeting);
  }

  async #authenticate(response: HandshakeResponse, { scramble, serverVersion }: Greeting): Promise<{ readonly agent: Agent; readonly until?: number }> {
    const { config: { agents }, mockSecret, tokens } = this.#house;
    const { user, plugin, authResponse, attributes } = response;
    const switches = has(response, Capability.PluginAuth);
    this.#bare = expectsBareData(serverVersion, attributes);
    const client = this.#exchange.handshake.socket.remoteAddress ?? '?';
    if (tokens?.expects(user) === true) {
      if (!this.#encrypted) throw tokenNeedsTls(user, 'Connect with --ssl, ssl-mode=REQUIRED or your driver\'s like of it.');
      return tokenLogin(this.#exchange, { user, switches, tokens }, client);
    }
    // Whoever logs in by a token has no verifier that an unknown agent's could look like.
    const others = [...agents.values()].filter(({ jwt }) => jwt === undefined);
    const agent = await login(this.#exchange, {
      user, agent: agents.get(user), others, mockSecret, scramble, plugin: switches ? plugin : Plugin.Native, response: authResponse, switches,
      encrypted: this.#encrypted, bare: this.#bare,
    }, client);
    return { agent };
  }

  /** Seconds, a minute more than rows may wait for people. */
  get #patience(): number {
    const ms = this.#house.rowsWaitMs();
    return ms === 0 ? 0 : Math.ceil(ms / 1000) + 60;
  }

  async #upstream(database: DatabaseConfig, wishes: SessionWishes): Promise<Upstream> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#house.config.timeouts.upstreamConnectMs)]);
    const [password, ca] = await Promise.all([this.#house.readSecret(database), this.#house.authorities(database)]);
    const upstream = await openUpstream({ database, password, ca, signal, wishes, patience: this.#patience });
    this.#seen.note(database.name, upstream.greeting);
    const charset = upstream.settings.get('character_set_client') ?? '';
    if (textDecoder(charset) !== undefined) return upstream;
    upstream.wire.destroy();
    throw new Refused({ code: 'forbidden', message: `character set ${charset} is refused: statements in it can't be read safely`, hint: 'Connect with utf8mb4.' });
  }

  #admit({ response, client, agent, database }: Entered, upstream: Upstream): Admitted {
    const { socket } = this.#exchange.handshake;
    const { sequence } = this.#exchange;
    const rest = this.#exchange.handshake.rest();
    const encrypted = this.#encrypted;
    const { status } = upstream;
    const host = socket.remoteAddress ?? '?';
    const wire = encrypted ? streamWire(socket, true) : plainWire(socket);
    wire.write([encodeOk(sequence, { status })]);
    const { attributes, settings } = sessionAttributes(response.attributes);
    return {
      agent, database, key: this.#key, upstreamId: upstream.connectionId, attributes, startup: settings, settings: upstream.settings,
      client: wire,
      upstream: upstream.wire,
      rest: { client: rest, upstream: upstream.rest },
      converse: (listener, understanding) => new MysqlConversation({
        limits: this.#house.config.limits, client, upstream: upstream.capabilities, settings: upstream.settings, status, listener, understanding,
        database: { name: database.name, schema: database.upstream.database }, patience: this.#patience,
        changeUser: (payload) => changeUser(payload, { config: this.#house.config, agent, database, capabilities: client, host, bare: this.#bare }),
      }),
      cancelUpstream: () => this.#cancelUpstream(database, upstream),
    };
  }

  async #cancelUpstream(database: DatabaseConfig, { connectionId }: Upstream): Promise<void> {
    const signal = AbortSignal.timeout(this.#house.config.timeouts.upstreamConnectMs);
    const [password, ca] = await Promise.all([this.#house.readSecret(database), this.#house.authorities(database)]);
    await cancelUpstream({ database, password, ca, signal }, connectionId);
  }
}

/** Undefined: nothing can be said in the protocol (the peer is gone, or it isn't speaking it). */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof Malformed) return { code: 'protocol_violation', message: `Bad handshake: ${error.message}` };
  if (error instanceof UpstreamFailure) return { code: 'upstream_unavailable', message: 'the database can\'t be reached by the proxy now', hint: 'Try again later; the proxy\'s operator finds the cause in its log.', detail: { cause: error.code } };
  if (error instanceof HandshakeFailure) return undefined;
  if (error instanceof Error && error.name === 'TimeoutError') return { code: 'upstream_unavailable', message: 'the database didn\'t answer in time' };
  return { code: 'internal', message: 'the proxy failed to log the session in' };
}
