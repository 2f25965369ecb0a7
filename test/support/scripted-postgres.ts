/**
 * A PostgreSQL that says what a test tells it to, without a database: thousands of connections in one process, and
 * answers no real server would give. It lets everybody in (trust), and speaks simple and extended query.
 */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { replies } from './scripted-replies.ts';

export { replies } from './scripted-replies.ts';

/** Bytes of whole messages for one statement: what stands between BindComplete (or Query) and ReadyForQuery. */
export type Answer = (sql: string, connection: ScriptedConnection) => Uint8Array | Promise<Uint8Array>;

export interface ScriptedConnection {
  readonly socket: Socket;
  readonly parameters: ReadonlyMap<string, string>;
  readonly pid: number;
  /** What ReadyForQuery says; the answer function may change it. */
  status: 'I' | 'T' | 'E';
}

export interface ScriptedPostgres {
  readonly host: string;
  readonly port: number;
  /** Statement texts as they came, over all connections. */
  readonly statements: readonly string[];
  /** Pids of CancelRequests that carried the right secret. */
  readonly cancels: readonly number[];
  readonly connections: number;
  stop(): Promise<void>;
}

export interface ScriptedOptions {
  /** Default: one row `1` for everything. */
  readonly answer?: Answer;
  /** Told by ParameterStatus, beside the usual ones. */
  readonly parameters?: Readonly<Record<string, string>>;
}

const USUAL = {
  server_version: '16.0', server_encoding: 'UTF8', client_encoding: 'UTF8', DateStyle: 'ISO, MDY', IntervalStyle: 'postgres', TimeZone: 'UTC',
  integer_datetimes: 'on', standard_conforming_strings: 'on', is_superuser: 'off', in_hot_standby: 'off', default_transaction_read_only: 'off',
};

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

export async function startScriptedPostgres(options: ScriptedOptions = {}): Promise<ScriptedPostgres> {
  const sockets = new Set<Socket>();
  const statements: string[] = [];
  const cancels: number[] = [];
  const answer = options.answer ?? (() => replies.rows(['?column?'], [['1']]));
  const parameters = { ...USUAL, ...options.parameters };
  const noted: Answer = (sql, connection) => {
    statements.push(sql);
    return answer(sql, connection);
  };
  let pid = 1000;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    void serve(socket, ++pid, parameters, noted, cancels).finally(() => socket.destroy());
  });
  // Thousands connect at once in load tests.
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    statements,
    cancels,
    get connections() {
      return sockets.size;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(socket: Socket, pid: number, parameters: Readonly<Record<string, string>>, answer: Answer, cancels: number[]): Promise<void> {
  const messages = read(socket);
  for (;;) {
    const { value: startup, done } = await messages.next();
    if (done === true) return;
    const code = startup.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) socket.write('N');
    else if (code === CANCEL_REQUEST) return void (startup.readInt32BE(12) === secretOf(startup.readInt32BE(8)) && cancels.push(startup.readInt32BE(8)));
    else {
      const connection: ScriptedConnection = { socket, pid, parameters: startupParameters(startup), status: 'I' };
      socket.write(Buffer.concat([replies.authenticationOk(), replies.parameters(parameters), replies.backendKeyData(pid, secretOf(pid)), replies.ready('I')]));
      return converse(connection, messages, answer);
    }
  }
}

const secretOf = (pid: number) => (pid * 2_654_435_761) | 0;

function startupParameters(startup: Buffer): ReadonlyMap<string, string> {
  const parts = startup.toString('utf8', 8).split('\0');
  const pairs = parts.flatMap((name, at) => (at % 2 === 0 && name !== '' ? [[name, parts[at + 1] ?? ''] as const] : []));
  return new Map(pairs);
}

async function converse(connection: ScriptedConnection, messages: AsyncGenerator<Buffer, void>, answer: Answer): Promise<void> {
  const { socket } = connection;
  const prepared = new Map<string, string>();
  const portals = new Map<string, string>();
  /** After an error the extended protocol skips everything until Sync. */
  let skipping = false;
  for await (const message of messages) {
    const tag = String.fromCharCode(message[0] ?? 0);
    const [first = '', second = ''] = message.toString('utf8', 5).split('\0');
    if (tag === 'X') return;
    if (tag === 'S') skipping = false;
    if (skipping) continue;
    const reply = await respond(tag, first, second);
    skipping = tag !== 'Q' && reply.some((part) => part[0] === 0x45);
    socket.write(Buffer.concat(reply));
  }

  async function respond(tag: string, first: string, second: string): Promise<Uint8Array[]> {
    switch (tag) {
      case 'Q':
        return [await answer(first, connection), replies.ready(connection.status)];
      case 'P':
        prepared.set(first, second);
        return [replies.parseComplete()];
      case 'B':
        portals.set(first, prepared.get(second) ?? '');
        return [replies.bindComplete()];
      case 'D':
        return first.startsWith('S') ? [replies.parameterDescription(), replies.noData()] : [replies.noData()];
      case 'E':
        return [withoutDescription(await answer(portals.get(first) ?? '', connection))];
      case 'C':
        return [replies.closeComplete()];
      case 'S':
        return [replies.ready(connection.status)];
      default:
        return [];
    }
  }
}

/** Execute answers without RowDescription. */
function withoutDescription(answer: Uint8Array): Uint8Array {
  const bytes = Buffer.from(answer);
  return bytes[0] === 0x54 ? bytes.subarray(bytes.readUInt32BE(1) + 1) : bytes;
}

/** The startup packet first (length, code, …), then tagged messages, whole. */
async function* read(socket: Socket): AsyncGenerator<Buffer, void> {
  let buffer: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of chunks(socket)) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = started ? 5 : 8;
      if (buffer.length < head) break;
      const length = buffer.readUInt32BE(started ? 1 : 0) + (started ? 1 : 0);
      if (buffer.length < length) break;
      const message = buffer.subarray(0, length);
      buffer = buffer.subarray(length);
      // SSLRequest and its like are followed by another untagged packet.
      started ||= message.readInt32BE(4) >>> 16 === 3;
      yield message;
    }
  }
}

/** A client that vanishes is an ordinary end here. */
async function* chunks(socket: Socket): AsyncGenerator<Buffer, void> {
  try {
    yield* socket as AsyncIterable<Buffer>;
  } catch (error) {
    if (!socket.destroyed) throw error;
  }
}
