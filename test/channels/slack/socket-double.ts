/** Slack's end of Socket Mode, as little of RFC 6455 as that takes: greets, sends envelopes, answers pings, notes acknowledgements. */

import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class SocketDouble {
  connections = 0;
  readonly acknowledged = new Set<string>();
  #socket: Duplex | undefined;

  accept(request: IncomingMessage, socket: Duplex): void {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('error', () => {});
    this.connections += 1;
    this.#socket = socket;
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => { rest = this.#read(socket, Buffer.concat([rest, chunk])); });
    this.#send({ type: 'hello' });
  }

  /** An interaction, as Slack wraps it. @returns the envelope's id, which the client acknowledges. */
  interact(payload: unknown): string {
    const id = randomUUID();
    this.#send({ type: 'interactive', envelope_id: id, accepts_response_payload: true, payload });
    return id;
  }

  /** What Slack sends before it recycles a connection. */
  disconnect(): void {
    this.#send({ type: 'disconnect', reason: 'refresh_requested' });
  }

  /** Breaks off, as networks do. */
  close(): void {
    this.#socket?.destroy();
  }

  #send(message: unknown): void {
    const data = Buffer.from(JSON.stringify(message));
    const length = data.length < 126 ? Buffer.from([data.length]) : Buffer.from([126, data.length >> 8, data.length & 255]);
    this.#socket?.write(Buffer.concat([Buffer.from([0x80 | TEXT]), length, data]));
  }

  #read(socket: Duplex, bytes: Buffer): Buffer {
    let rest = bytes;
    for (;;) {
      if (rest.length < 2) return rest;
      const short = (rest[1] ?? 0) & 127;
      const head = short === 126 ? 4 : 2;
      const length = short === 126 ? rest.readUInt16BE(2) : short;
      if (rest.length < head + 4 + length) return rest;
      const mask = rest.subarray(head, head + 4);
      const data = rest.subarray(head + 4, head + 4 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
      this.#frame(socket, (rest[0] ?? 0) & 15, Buffer.from(data));
      rest = rest.subarray(head + 4 + length);
    }
  }

  #frame(socket: Duplex, opcode: number, data: Buffer): void {
    if (opcode === PING) socket.write(Buffer.concat([Buffer.from([0x80 | PONG, data.length]), data]));
    if (opcode === CLOSE) socket.end(Buffer.from([0x80 | CLOSE, 0]));
    if (opcode === TEXT) this.acknowledged.add((JSON.parse(data.toString()) as { envelope_id: string }).envelope_id);
  }
}
