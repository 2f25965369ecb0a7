/** A client of MySQL that reads and writes packet by packet, and says what the test wants it to. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import { Plugin } from '../../src/mysql/packets/auth.ts';
import { Capability } from '../../src/mysql/packets/capabilities.ts';
import { decodeErr, type ErrPacket } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES, payloadBytes } from '../../src/mysql/packets/frame.ts';
import { decodeGreeting, type Greeting } from '../../src/mysql/packets/handshake.ts';
import { encodeHandshakeResponse, encodeSslRequest, type HandshakeResponse } from '../../src/mysql/packets/handshake-response.ts';

export const BASE = Capability.Protocol41 | Capability.SecureConnection | Capability.PluginAuth | Capability.PluginAuthLenencData | Capability.ConnectWithDb | Capability.Transactions | Capability.LongPassword;
export const RESPONSE: HandshakeResponse = {
  flags: BASE, extended: 0, maxPacket: 1 << 24, collation: 45, user: 'sha2', authResponse: Buffer.alloc(0), database: 'shop', plugin: Plugin.CachingSha2, attributes: new Map(),
};

/** A client that reads and writes packet by packet. */
export class MysqlPeer {
  socket: Socket | TLSSocket;
  greeting!: Greeting;
  #buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.listen(socket);
  }

  static async connect(port: number): Promise<MysqlPeer> {
    const peer = new MysqlPeer(connect(port, '127.0.0.1'));
    peer.greeting = decodeGreeting((await peer.packet() as Buffer).subarray(HEADER_BYTES));
    return peer;
  }

  listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** The next packet, header included; undefined when the connection has ended. */
  async packet(): Promise<Buffer | undefined> {
    for (;;) {
      const size = this.#buffer.length < HEADER_BYTES ? Infinity : HEADER_BYTES + payloadBytes(this.#buffer, 0);
      if (this.#buffer.length >= size) {
        const taken = this.#buffer.subarray(0, size);
        this.#buffer = this.#buffer.subarray(size);
        return taken;
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async err(): Promise<ErrPacket & { sequence: number }> {
    const packet = await this.packet();
    if (packet === undefined) throw new Error('the connection ended without an answer');
    expect(packet[HEADER_BYTES]).toBe(0xff);
    expect(await this.packet()).toBeUndefined();
    return { ...decodeErr(packet.subarray(HEADER_BYTES)), sequence: packet[3] as number };
  }

  send(bytes: Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  respond(more: Partial<HandshakeResponse> = {}, sequence = 1): this {
    return this.send(encodeHandshakeResponse(sequence, { ...RESPONSE, ...more }));
  }

  async startTls(): Promise<void> {
    this.send(encodeSslRequest(1, RESPONSE));
    this.socket.removeAllListeners('data');
    this.socket = connectTls({ socket: this.socket, rejectUnauthorized: false });
    this.listen(this.socket);
    await once(this.socket, 'secureConnect');
  }
}
