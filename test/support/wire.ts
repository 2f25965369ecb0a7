/**
 * A PostgreSQL client that does exactly what a test tells it to, byte by byte:
 *
 *     const client = await WireClient.login({ host, port, user, password, database });
 *     client.send(frames.query('SELECT 1'));
 *     expect(await client.until('ReadyForQuery')).toEqual(['B RowDescription "?column?":23', 'B DataRow "1"', …]);
 */

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { serialize } from 'pg-protocol';

import { frames, PROTOCOL_3_0 } from './wire-frames.ts';
import { md5Answer, ScramClient } from './wire-login.ts';
import { nameIn, trace } from './wire-trace.ts';

export { frames, PROTOCOL_3_0, PROTOCOL_3_2 } from './wire-frames.ts';

export interface WireAddress {
  readonly host: string;
  readonly port: number;
  /** `request`: SSLRequest first; `direct`: TLS from the first byte, with ALPN. The certificate is checked when `ca` is given. */
  readonly tls?: { readonly mode: 'request' | 'direct'; readonly ca?: string };
}

export interface WireLogin extends WireAddress {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** More startup parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Default 3.0. */
  readonly version?: number;
}

export interface WireMessage {
  /** `RowDescription` */
  readonly name: string;
  /** `B RowDescription "id":23` */
  readonly line: string;
  /** The whole message: type, length, body. */
  readonly frame: Buffer;
}

/** How long a read waits before it fails, naming what did arrive. A guard against hanging, not a measure of anything. */
const PATIENCE_MS = 15_000;

export class WireClient {
  readonly socket: Socket;
  /** Everything that was sent with `send` and read so far, in that order. */
  readonly transcript: string[] = [];
  /** From ParameterStatus, as last told. */
  readonly parameters = new Map<string, string>();
  /** From BackendKeyData. */
  key: { readonly pid: number; readonly secret: Buffer } | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake?.();
    });
    // A reset ends the conversation as a FIN does; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#finish());
    socket.on('end', () => this.#finish());
  }

  static async connect(address: WireAddress): Promise<WireClient> {
    const plain = connectTcp({ host: address.host, port: address.port });
    await once(plain, 'connect');
    if (address.tls === undefined) return new WireClient(plain);
    if (address.tls.mode === 'request') await requestTls(plain);
    const { ca } = address.tls;
    const secure = connectTls({ socket: plain, ALPNProtocols: ['postgresql'], servername: 'localhost', rejectUnauthorized: ca !== undefined, ...(ca === undefined ? {} : { ca }) });
    await once(secure, 'secureConnect');
    return new WireClient(secure);
  }

  /** Connects and logs in; resolves after ReadyForQuery. Rejects with the ErrorResponse's line. */
  static async login(login: WireLogin): Promise<WireClient> {
    const client = await WireClient.connect(login);
    await client.startup(login);
    return client;
  }

  async startup({ user, password, database, parameters = {}, version = PROTOCOL_3_0 }: Omit<WireLogin, keyof WireAddress>): Promise<void> {
    this.socket.write(frames.startup({ user, database, ...parameters }, version));
    const scram = new ScramClient(password);
    for (;;) {
      const message = await this.next();
      if (message === undefined) throw new Error(`the server closed the connection during login: ${this.transcript.join('; ')}`);
      if (message.name === 'ErrorResponse') throw new Error(message.line);
      if (message.name === 'ReadyForQuery') return;
      this.#authenticate(message, user, password, scram);
    }
  }

  #authenticate({ name, frame }: WireMessage, user: string, password: string, scram: ScramClient): void {
    const body = frame.subarray(9);
    if (name === 'AuthenticationCleartextPassword') this.socket.write(frames.password(password));
    if (name === 'AuthenticationMD5Password') this.socket.write(frames.password(md5Answer(user, password, body)));
    if (name === 'AuthenticationSASL') this.socket.write(serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', scram.first));
    if (name === 'AuthenticationSASLContinue') this.socket.write(serialize.sendSCRAMClientFinalMessage(scram.final(body.toString())));
    if (name === 'AuthenticationSASLFinal') scram.verify(body.toString());
  }

  /** Sends the messages in one write. */
  send(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.transcript.push(trace('F', Buffer.from(message)));
    this.socket.write(Buffer.concat(messages));
  }

  /** Sends the bytes in pieces of these sizes (the last one repeats), each in its own write and turn of the event loop. */
  async sendInPieces(bytes: Uint8Array, ...sizes: readonly number[]): Promise<void> {
    let at = 0;
    for (let index = 0; at < bytes.length; index++) {
      const size = Math.max(1, sizes[Math.min(index, sizes.length - 1)] ?? 1);
      const piece = bytes.subarray(at, at + size);
      await new Promise((resolve) => this.socket.write(piece, resolve));
      await new Promise(setImmediate);
      at += size;
    }
  }

  /** The next message; undefined when the server has closed the connection. */
  async next(): Promise<WireMessage | undefined> {
    for (;;) {
      const message = this.#take();
      if (message !== undefined) return message;
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  /** Reads up to and with the first message of one of these names (or the connection's end); lines as they came. */
  async until(...names: readonly string[]): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const message = await this.next();
      lines.push(message?.line ?? 'B (closed)');
      if (message === undefined || names.includes(message.name)) return lines;
    }
  }

  /** What has arrived so far and wasn't read yet. */
  arrived(): string[] {
    const lines: string[] = [];
    for (let message = this.#take(); message !== undefined; message = this.#take()) lines.push(message.line);
    return lines;
  }

  /** Query and all of its answer. */
  query(sql: string): Promise<string[]> {
    this.send(frames.query(sql));
    return this.until('ReadyForQuery');
  }

  /** Says Terminate and waits for the end. */
  async close(): Promise<void> {
    this.socket.end(frames.terminate());
    while ((await this.next()) !== undefined);
  }

  /** Vanishes without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  #take(): WireMessage | undefined {
    if (this.#buffer.length < 5) return undefined;
    const length = this.#buffer.readUInt32BE(1) + 1;
    if (this.#buffer.length < length) return undefined;
    const frame = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    const line = trace('B', frame);
    this.transcript.push(line);
    const name = nameIn(line);
    if (name === 'ParameterStatus') this.#remember(frame);
    if (name === 'BackendKeyData') this.key = { pid: frame.readInt32BE(5), secret: Buffer.from(frame.subarray(9)) };
    return { name, line, frame };
  }

  #remember(frame: Buffer): void {
    const [name = '', value = ''] = frame.toString('utf8', 5).split('\0');
    this.parameters.set(name, value);
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`nothing more arrived for ${PATIENCE_MS} ms after:\n${this.transcript.join('\n')}`)), PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #finish(): void {
    this.#ended = true;
    this.#wake?.();
  }
}

/** The server answers one byte, S or N, before TLS begins. */
async function requestTls(socket: Socket): Promise<void> {
  socket.write(frames.sslRequest());
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (answer.toString('latin1') !== 'S') throw new Error(`the server answered SSLRequest with ${JSON.stringify(answer.toString('latin1'))}`);
}

/** Sends CancelRequest on a connection of its own and waits until the server has closed it. */
export async function cancel(address: WireAddress, key: { readonly pid: number; readonly secret: Uint8Array }): Promise<void> {
  const client = await WireClient.connect(address);
  client.socket.end(frames.cancel(key.pid, key.secret));
  while ((await client.next()) !== undefined);
}
