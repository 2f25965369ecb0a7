import type { Socket } from 'node:net';

import { createConnection } from 'mysql2';

import type { Target } from './workloads.ts';

/** The EOF packet that ends an answer (MySQL internals, "Protocol::EOF_Packet"): 5 bytes long, header 0xfe; before that a sequence id, after it warnings and status. */
const EOF_BYTES = 9;
/** The EOF packet after the column definitions comes earlier than this. */
const FIRST_BYTES = 4096;

/** What mysql2 has beside its public interface. */
interface Underlying {
  readonly stream: Socket;
  connect(done: (error: Error | null) => void): void;
  prepare(sql: string, done: (error: Error | null, statement: { readonly id: number }) => void): void;
}

/** Runs the statement and throws its answer away as fast as it comes: a driver that reads the rows would hide what a proxy costs. */
export async function drainMysql(target: Target, sql: string, mode: 'text' | 'prepared'): Promise<void> {
  const connection = createConnection({ ...target, flags: ['-DEPRECATE_EOF'] }) as unknown as Underlying;
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === null ? resolve() : reject(error)));
  });
  const command = mode === 'text' ? comQuery(sql) : comStmtExecute(await prepare(connection, sql));
  const { stream } = connection;
  stream.removeAllListeners('data');
  await new Promise<void>((resolve, reject) => {
    let bytes = 0;
    let tail: Buffer = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => {
      // A refusal is drained fast too: a header of 0xff in the very first packet.
      if (bytes === 0 && chunk[4] === 0xff) reject(new Error(`${sql} was refused: ${chunk.toString('utf8', 5, 300)}`));
      bytes += chunk.length;
      tail = chunk.length >= EOF_BYTES ? chunk.subarray(-EOF_BYTES) : Buffer.concat([tail, chunk]).subarray(-EOF_BYTES);
      if (bytes > FIRST_BYTES && isEof(tail)) resolve();
    });
    stream.once('close', () => reject(new Error(`the connection ended during ${sql}`)));
    stream.write(command);
  });
  stream.removeAllListeners('close');
  stream.destroy();
}

function isEof(tail: Buffer): boolean {
  return tail.length === EOF_BYTES && tail[0] === 5 && tail[1] === 0 && tail[2] === 0 && tail[4] === 0xfe && tail[5] === 0 && tail[6] === 0;
}

function prepare(connection: Underlying, sql: string): Promise<number> {
  return new Promise((resolve, reject) => {
    connection.prepare(sql, (error, statement) => (error === null ? resolve(statement.id) : reject(error)));
  });
}

/** A packet with sequence id 0. */
function packet(payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

const comQuery = (sql: string): Buffer => packet(Buffer.concat([Buffer.of(0x03), Buffer.from(sql)]));

/** No cursor, one iteration, no parameters. */
function comStmtExecute(statement: number): Buffer {
  const payload = Buffer.alloc(10);
  payload[0] = 0x17;
  payload.writeUInt32LE(statement, 1);
  payload.writeUInt32LE(1, 6);
  return packet(payload);
}
