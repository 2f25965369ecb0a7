/** A MySQL client that sends exactly the packets it is told to, and reads whole answers. */

import { connect, type Socket } from 'node:net';
import { nativeResponse } from '../../src/mysql/auth/digests.ts';
import { decodeAuthSwitchRequest, Plugin } from '../../src/mysql/packets/auth.ts';
import { Capability, has, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { decodeErr, isErr } from '../../src/mysql/packets/err.ts';
import { decodeEof } from '../../src/mysql/packets/eof.ts';
import { Header, HEADER_BYTES, MAX_PAYLOAD, packets, payloadBytes, sequenceOf } from '../../src/mysql/packets/frame.ts';
import { decodeGreeting } from '../../src/mysql/packets/handshake.ts';
import { encodeHandshakeResponse } from '../../src/mysql/packets/handshake-response.ts';
import { decodeOk } from '../../src/mysql/packets/ok.ts';
import { decodePrepareOk, type PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { PacketReader } from '../../src/mysql/packets/reader.ts';

export interface MysqlWireLogin {
  readonly host?: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `Capability` bits beside those every client needs. Default MULTI_STATEMENTS, MULTI_RESULTS and DEPRECATE_EOF. */
  readonly flags?: number;
  readonly extended?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What a command was answered with. */
export interface Answer {
  /** Rows of all results, as text. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Affected rows of the results without rows. */
  readonly affected: readonly number[];
  readonly status: number;
  readonly error?: { readonly errno: number; readonly sqlstate: string; readonly message: string };
}

const NEEDED = Capability.Protocol41 | Capability.SecureConnection | Capability.PluginAuth | Capability.ConnectWithDb | Capability.Transactions | Capability.PsMultiResults;
const USUAL = Capability.MultiStatements | Capability.MultiResults | Capability.DeprecateEof;

export class MysqlWireClient {
  readonly socket: Socket;
  /** Ours, from the greeting. */
  connectionId = 0;
  #capabilities = { flags: 0, extended: 0 };
  #bytes = Buffer.alloc(0);
  /** Arrived, and not yet joined to `#bytes`. */
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  #ended = false;
  #arrived: () => void = () => {};
  #sequence = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
      this.#arrived();
    });
    for (const event of ['end', 'error', 'close']) socket.on(event, () => this.#end());
  }

  static async login({ host = '127.0.0.1', port, user, password, database, flags = USUAL, extended = 0, attributes = {} }: MysqlWireLogin): Promise<MysqlWireClient> {
    const client = new MysqlWireClient(connect({ host, port, noDelay: true }));
    const greeting = decodeGreeting(await client.#payload());
    client.connectionId = greeting.connectionId;
    const all = (NEEDED | flags | (Object.keys(attributes).length > 0 ? Capability.ConnectAttrs : 0) | (extended === 0 ? Capability.LongPassword : 0)) >>> 0;
    client.#capabilities = { flags: (all & (greeting.flags | Capability.LongPassword)) >>> 0, extended };
    client.socket.write(encodeHandshakeResponse(1, {
      flags: all, extended, maxPacket: 1 << 24, collation: 45, user, authResponse: nativeResponse(password, greeting.scramble), database, plugin: Plugin.Native,
      attributes: new Map(Object.entries(attributes)),
    }));
    client.#sequence = 2;
    for (;;) {
      const payload = await client.#payload();
      if (isErr(payload)) throw Object.assign(new Error(decodeErr(payload).message), decodeErr(payload));
      if (payload[0] === Header.Ok) return client;
      if (payload[0] !== Header.Eof) throw new Error(`a login that isn't followed: ${payload.toString('hex')}`);
      const { plugin, data } = decodeAuthSwitchRequest(payload);
      if (plugin !== Plugin.Native) throw new Error(`the door asks for ${plugin}`);
      client.socket.write(packets(client.#sequence, nativeResponse(password, data)));
      client.#sequence++;
    }
  }

  send(...commands: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(commands));
  }

  async query(sql: string): Promise<Answer> {
    this.send(query(sql));
    return this.answer();
  }

  /**
   * Resolves with the answer to the next command that has one. Rejects when the connection ends before.
   * @param file what is sent when the server asks for a file: packets of these payloads, and an empty one
   * @param binary rows are of the binary protocol: each is given as one value, undecoded
   * @param sequence of its first packet: how many packets the command had
   */
  async answer(binary = false, sequence = 1, file: readonly string[] = []): Promise<Answer> {
    this.#sequence = sequence;
    const rows: (readonly (string | null)[])[] = [];
    const affected: number[] = [];
    for (;;) {
      const first = await this.#payload();
      if (isErr(first)) return { rows, affected, status: 0, error: decodeErr(first) };
      let status: number;
      if (first[0] === Header.Ok) {
        const ok = decodeOk(first, this.#capabilities);
        affected.push(Number(ok.affectedRows));
        ({ status } = ok);
      } else if (first[0] === Header.LocalInfile) {
        for (const part of [...file, '']) this.send(packets(this.#sequence++, Buffer.from(part)));
        continue;
      } else if (first[0] === Header.Eof) status = this.#endStatus(first);
      else {
        const end = await this.#rows(new PacketReader(first).lenencInt(), rows, binary);
        if (typeof end !== 'number') return { rows, affected, status: 0, error: end };
        status = end;
      }
      if ((status & ServerStatus.MoreResultsExist) === 0) return { rows, affected, status };
    }
  }

  /** The answer to COM_STMT_PREPARE, its definitions skipped. */
  async prepared(): Promise<PrepareOk | Answer['error']> {
    this.#sequence = 1;
    const first = await this.#payload();
    if (isErr(first)) return decodeErr(first);
    const ok = decodePrepareOk(first, this.#capabilities);
    for (const count of [ok.parameters, ok.columns]) {
      for (let left = count; left > 0; left--) await this.#payload();
      if (count > 0 && !this.#deprecateEof) await this.#payload();
    }
    return ok;
  }

  /** Rows that COM_STMT_FETCH gives, as payloads. */
  async fetched(): Promise<readonly Buffer[]> {
    this.#sequence = 1;
    const rows: Buffer[] = [];
    for (;;) {
      const payload = await this.#payload();
      if (isErr(payload)) throw new Error(decodeErr(payload).message);
      if (payload[0] === Header.Eof) return rows;
      rows.push(payload);
    }
  }

  /** Sequence id and payload of each packet up to the end of the connection. */
  async untilEnd(): Promise<{ readonly sequence: number; readonly payload: Buffer }[]> {
    const all: { sequence: number; payload: Buffer }[] = [];
    for (;;) {
      const packet = await this.#packet();
      if (packet === undefined) return all;
      all.push({ sequence: sequenceOf(packet, 0), payload: packet.subarray(HEADER_BYTES) });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  get #deprecateEof(): boolean {
    return has(this.#capabilities, Capability.DeprecateEof);
  }

  /** Status at their end, or the error that ended them. */
  async #rows(columns: number, rows: (readonly (string | null)[])[], binary: boolean): Promise<number | NonNullable<Answer['error']>> {
    for (let left = columns; left > 0; left--) await this.#payload();
    if (!this.#deprecateEof) {
      const { status } = decodeEof(await this.#payload());
      if ((status & ServerStatus.CursorExists) !== 0) return status;
    }
    for (;;) {
      const payload = await this.#payload();
      if (isErr(payload)) return decodeErr(payload);
      if (payload[0] === Header.Eof && payload.length < 200) return this.#endStatus(payload);
      rows.push(binary ? [payload.toString('latin1')] : row(payload));
    }
  }

  #endStatus(payload: Buffer): number {
    return this.#deprecateEof ? decodeOk(payload, this.#capabilities).status : decodeEof(payload).status;
  }

  /** Of as many packets as it needs. */
  async #payload(): Promise<Buffer> {
    const parts = [await this.#part()];
    while (parts.at(-1)?.length === MAX_PAYLOAD) parts.push(await this.#part());
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async #part(): Promise<Buffer> {
    const packet = await this.#packet();
    if (packet === undefined) throw new Error('the connection has ended');
    const sequence = sequenceOf(packet, 0);
    if (sequence !== this.#sequence) throw new Error(`packet ${sequence} came where ${this.#sequence} was due: ${packet.subarray(4, 200).toString('latin1')}`);
    this.#sequence = (sequence + 1) & 0xff;
    return packet.subarray(HEADER_BYTES);
  }

  /** Undefined at the end of the connection. */
  async #packet(): Promise<Buffer | undefined> {
    for (;;) {
      const wanted = this.#bytes.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + payloadBytes(this.#bytes, 0);
      if (this.#bytes.length < wanted && this.#bytes.length + this.#chunkBytes >= wanted) {
        this.#bytes = Buffer.concat([this.#bytes, ...this.#chunks]);
        this.#chunks = [];
        this.#chunkBytes = 0;
      }
      const size = this.#bytes.length < HEADER_BYTES ? Infinity : HEADER_BYTES + payloadBytes(this.#bytes, 0);
      if (this.#bytes.length >= size) {
        const packet = this.#bytes.subarray(0, size);
        this.#bytes = this.#bytes.subarray(size);
        return packet;
      }
      if (size !== Infinity && this.#bytes.length + this.#chunkBytes >= size) continue;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  #end(): void {
    this.#ended = true;
    this.#arrived();
  }
}

function row(payload: Buffer): (string | null)[] {
  const reader = new PacketReader(payload);
  const values: (string | null)[] = [];
  while (reader.remaining > 0) values.push(reader.lenencBytesOrNull()?.toString('utf8') ?? null);
  return values;
}

/** COM_QUERY. */
export const query = (sql: string): Buffer => packets(0, Buffer.concat([Buffer.of(Command.Query), Buffer.from(sql)]));
