/** A conversation between a client and a server that both say exactly what a test has them say. */

import { MysqlConversation } from '../../src/mysql/conversation.ts';
import { Capability, type Capabilities, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { encodeEof } from '../../src/mysql/packets/eof.ts';
import { encodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES, packets, payloadBytes, sequenceOf } from '../../src/mysql/packets/frame.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import type { Veil } from '../../src/masking/veil.ts';
import type { ConversationListener } from '../../src/protocol/conversation.ts';
import type { Refusal } from '../../src/protocol/refusal.ts';
import type { Aftermath, Outcome, RowMeter, Statement, Step } from '../../src/protocol/statement.ts';

export const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['sql_mode', 'STRICT_TRANS_TABLES'], ['character_set_client', 'utf8mb4'], ['character_set_connection', 'utf8mb4'],
  ['character_set_results', 'utf8mb4'], ['collation_connection', 'utf8mb4_general_ci'], ['database', 'shop'],
]);

export const BASE = Capability.Protocol41 | Capability.SecureConnection | Capability.PluginAuth | Capability.MultiStatements | Capability.MultiResults | Capability.Transactions;

export interface Told {
  readonly ended: { readonly text: string; readonly outcome: Outcome }[];
  readonly completed: string[];
  readonly settings: string[];
  resets: number;
  readonly transactions: string[];
}

export interface Scripted {
  readonly machine: MysqlConversation;
  readonly told: Told;
  /** Sends commands, each one whole packet or more, and lets through all that can be; answers with the steps. */
  send(...commands: Uint8Array[]): Step[];
  /** Lets through what can be by now. */
  pump(): Step[];
  /** Receives them, and refuses the next step. */
  refuse(refusal?: Refusal): Step;
  /** What the server has got since the last call, as payloads with sequence ids. */
  atServer(): string[];
  serverBytes(): Buffer;
  /** What the client has got since the last call. */
  atClient(): string[];
  clientBytes(): Buffer;
  reply(...bytes: Uint8Array[]): void;
}

export interface ScriptedOptions {
  readonly client?: Partial<Capabilities>;
  readonly upstream?: Partial<Capabilities>;
  /** What is known behind a statement, by its text. Default `same`. */
  readonly after?: (text: string) => Aftermath;
  readonly imports?: (text: string) => boolean;
  /** Names of the settings it sets, by its text. Default none. */
  readonly sets?: (text: string) => readonly string[];
  readonly limits?: { readonly messageBytes: number; readonly statementBytes: number };
  readonly settings?: ReadonlyMap<string, string>;
  /** What the agent sees only as masks, by the text. Default nothing. */
  readonly veil?: (text: string) => Veil | undefined;
  /** Of all statements. */
  readonly meter?: RowMeter;
}

export function scripted({ client = {}, upstream = {}, after = () => 'same', imports = () => false, sets = () => [], limits, settings = SETTINGS, veil = () => undefined, meter }: ScriptedOptions = {}): Scripted {
  const told: Told = { ended: [], completed: [], settings: [], resets: 0, transactions: [] };
  const listener: ConversationListener = {
    completed: ({ source }, index, tag) => void told.completed.push(`${source.text} #${index} ${tag ?? ''}`.trimEnd()),
    ended: ({ source }, outcome) => void told.ended.push({ text: source.text, outcome }),
    ready: (status) => void told.transactions.push(status),
    setting: (name, value) => void told.settings.push(`${name}=${value}`),
    reset: () => void told.resets++,
  };
  const flags = client.flags ?? (BASE | Capability.DeprecateEof);
  const machine = new MysqlConversation({
    limits: limits ?? { messageBytes: 1 << 20, statementBytes: 1 << 20 }, listener, status: ServerStatus.Autocommit, settings,
    client: { flags, extended: client.extended ?? 0 }, upstream: { flags: upstream.flags ?? (flags | Capability.SessionTrack), extended: upstream.extended ?? client.extended ?? 0 },
    understanding: { reading: (state) => ({ key: `${state.get('sql_mode') ?? ''}|${state.get('database') ?? ''}` }) },
  });
  const understood = (statement: Statement): void => {
    statement.after = after(statement.source.text);
    statement.imports = imports(statement.source.text);
    statement.sets = sets(statement.source.text);
    statement.veil = veil(statement.source.text);
    statement.meter = meter;
  };
  const pump = (): Step[] => {
    const steps: Step[] = [];
    for (let step = machine.next(); step !== undefined && step !== 'unsettled'; step = machine.next()) {
      step.statements.forEach(understood);
      for (const { source } of step.prepares) source.veil = veil(source.text);
      if (step.refusal === undefined) machine.forward(step);
      else machine.refuse(step, 0, step.refusal);
      steps.push(step);
    }
    return steps;
  };
  let server: Buffer[] = [];
  let received: Buffer[] = [];
  const write = (): void => {
    server.push(...machine.toDatabase.take().map((bytes) => Buffer.from(bytes)));
    machine.sent();
    received.push(...machine.toClient.take().map((bytes) => Buffer.from(bytes)));
  };
  const taken = (from: Buffer[]): string[] => lines(Buffer.concat(from));
  return {
    machine, told,
    send(...commands) {
      machine.receive(Buffer.concat(commands));
      const steps = pump();
      write();
      return steps;
    },
    pump() {
      const steps = pump();
      write();
      return steps;
    },
    refuse(refusal = { code: 'denied', message: 'no' }) {
      const step = machine.next() as Step;
      machine.refuse(step, 0, refusal);
      write();
      return step;
    },
    atServer() {
      write();
      const bytes = taken(server);
      server = [];
      return bytes;
    },
    serverBytes() {
      write();
      const bytes = Buffer.concat(server);
      server = [];
      return bytes;
    },
    atClient() {
      const bytes = taken(received);
      received = [];
      return bytes;
    },
    clientBytes() {
      const bytes = Buffer.concat(received);
      received = [];
      return bytes;
    },
    reply(...bytes) {
      machine.reply(Buffer.concat(bytes));
      write();
    },
  };
}

/** Packets as readable lines: `0 03 select 1`: sequence id, first byte, the rest as latin1 with dots. */
export function lines(bytes: Buffer): string[] {
  const all: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_BYTES + payloadBytes(bytes, at);
    if (end > bytes.length) throw new Error('bytes that end within a packet');
    const rest = bytes.toString('latin1', at + HEADER_BYTES + 1, end).replaceAll(/[^\x20-\x7e]/g, '.');
    all.push(`${sequenceOf(bytes, at)} ${at + HEADER_BYTES < end ? bytes.toString('hex', at + HEADER_BYTES, at + HEADER_BYTES + 1) : '--'} ${rest.length > 80 ? `${rest.slice(0, 77)}...` : rest}`.trimEnd());
    at = end;
  }
  return all;
}

/** Commands, as a client sends them. */
export const commands = {
  query: (text: string) => packets(0, Buffer.concat([Buffer.of(Command.Query), Buffer.from(text)])),
  of: (command: number, body: Uint8Array = Buffer.alloc(0)) => packets(0, Buffer.concat([Buffer.of(command), body])),
  prepare: (text: string) => packets(0, Buffer.concat([Buffer.of(Command.StmtPrepare), Buffer.from(text)])),
  execute: (id: number, parameters: readonly (readonly [type: number, value: Buffer | null])[] = [], { cursor = false, typed = true } = {}) => {
    const writer = new PacketWriter().int1(Command.StmtExecute).int4(id).int1(cursor ? 1 : 0).int4(1);
    if (parameters.length > 0) {
      const nulls = Buffer.alloc(Math.ceil(parameters.length / 8));
      parameters.forEach(([, value], index) => (nulls[index >> 3] = (nulls[index >> 3] as number) | (value === null ? 1 << (index & 7) : 0)));
      writer.put(nulls).int1(typed ? 1 : 0);
      if (typed) for (const [type] of parameters) writer.int2(type);
      for (const [, value] of parameters) if (value !== null) writer.put(value);
    }
    return packets(0, writer.take());
  },
  statement: (command: number, id: number, rest: Uint8Array = Buffer.alloc(0)) => packets(0, new PacketWriter().int1(command).int4(id).put(rest).take()),
};

/** Values of the binary protocol. */
export const values = {
  long: (value: number) => [3, new PacketWriter().int4(value >>> 0).take()] as const,
  text: (value: string) => [253, new PacketWriter().lenencString(value).take()] as const,
};

export interface OkOptions {
  readonly status?: number;
  readonly affected?: number;
  readonly header?: number;
  readonly changes?: Readonly<Record<string, string>>;
  readonly info?: string;
}

/** Replies, as a server sends them. */
export const server = {
  ok: (sequence: number, { status = ServerStatus.Autocommit, affected = 0, header = 0, changes, info = '' }: OkOptions = {}) => {
    const writer = new PacketWriter().int1(header).lenencInt(affected).lenencInt(0).int2(changes === undefined ? status : status | ServerStatus.SessionStateChanged).int2(0);
    if (changes !== undefined || info !== '') writer.lenencString(info);
    if (changes !== undefined) writer.lenencString(sessionChanges(changes));
    return packets(sequence, writer.take());
  },
  eof: (sequence: number, status: number = ServerStatus.Autocommit) => encodeEof(sequence, { warnings: 0, status }),
  err: (sequence: number, message: string, errno = 1064, sqlstate = '42000') => encodeErr(sequence, { errno, sqlstate, message }),
  raw: (sequence: number, ...payload: readonly (number | Uint8Array)[]) => packets(sequence, Buffer.concat(payload.map((part) => (typeof part === 'number' ? Buffer.of(part) : part)))),
  definition: (sequence: number, name = 'a') => {
    const writer = new PacketWriter().lenencString('def');
    for (const part of ['shop', 't', 't', name, name]) writer.lenencString(part);
    return packets(sequence, writer.lenencInt(0x0c).int2(45).int4(80).int1(253).int2(0).int1(0).int2(0).take());
  },
  row: (sequence: number, ...columns: readonly (string | null)[]) => {
    const writer = new PacketWriter();
    for (const column of columns) if (column === null) writer.int1(0xfb); else writer.lenencString(column);
    return packets(sequence, writer.take());
  },
  prepareOk: (sequence: number, id: number, { columns = 0, parameters = 0 } = {}) => packets(sequence, new PacketWriter().int1(0).int4(id).int2(columns).int2(parameters).int1(0).int2(0).take()),
  /** A whole result set of one column, ids from `sequence`; with EOFs where DEPRECATE_EOF isn't agreed. */
  rows: (sequence: number, texts: readonly (string | null)[], { deprecateEof = true, status = ServerStatus.Autocommit }: { readonly deprecateEof?: boolean; readonly status?: number } = {}) => {
    let next = sequence;
    const parts = [server.raw(next++, 1), server.definition(next++)];
    if (!deprecateEof) parts.push(server.eof(next++, status));
    for (const text of texts) parts.push(server.row(next++ & 0xff, text));
    parts.push(deprecateEof ? server.ok(next & 0xff, { status, header: 0xfe }) : server.eof(next & 0xff, status));
    return Buffer.concat(parts);
  },
};

/** Variables, and the default database under the name `database`. */
function sessionChanges(changes: Readonly<Record<string, string>>): Buffer {
  const writer = new PacketWriter();
  for (const [name, value] of Object.entries(changes)) {
    const entry = new PacketWriter();
    if (name === 'database') entry.lenencString(value);
    else entry.lenencString(name).lenencString(value);
    writer.int1(name === 'database' ? 1 : 0).lenencString(entry.take());
  }
  return writer.take();
}

/** Payloads of packets; what is no whole header is left. */
export function payloads(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}
