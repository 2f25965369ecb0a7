/** Questions of our own to a database, over a connection that no session uses yet. */

import { Malformed } from '../framing/malformed.ts';
import { Failure } from '../runtime/failure.ts';
import type { Exchange } from './exchange.ts';
import { type Capabilities, Capability, has, ServerStatus } from './packets/capabilities.ts';
import { decodeColumnDefinition } from './packets/column-definition.ts';
import { Command } from './packets/commands.ts';
import { decodeEof, isEof } from './packets/eof.ts';
import { decodeErr, isErr } from './packets/err.ts';
import { Header } from './packets/frame.ts';
import { decodeOk } from './packets/ok.ts';
import { PacketReader } from './packets/reader.ts';

/** The database answered with an error. */
export class QueryFailure extends Failure {
  readonly errno: number;

  constructor(errno: number, message: string) {
    super('database_error', `${message} (${errno})`);
    this.errno = errno;
  }
}

export type TextRow = Readonly<Record<string, string | null>>;

/**
 * Sends a COM_QUERY of one statement and resolves with its rows, by column name; values are text in UTF-8, whatever their type.
 * Rejects with QueryFailure for an ERR, Malformed for what is no answer to it.
 */
export async function textQuery(exchange: Exchange, capabilities: Capabilities, sql: string): Promise<TextRow[]> {
  return (await textQueries(exchange, capabilities, [sql]))[0] as TextRow[];
}

/** The same for several, in one round trip: the server takes them one after the other. After a failure the rest isn't read. */
export async function textQueries(exchange: Exchange, capabilities: Capabilities, sqls: readonly string[]): Promise<TextRow[][]> {
  exchange.command(...sqls.map((sql) => Buffer.concat([Buffer.of(Command.Query), Buffer.from(sql, 'utf8')])));
  const results: TextRow[][] = [];
  while (results.length < sqls.length) {
    exchange.answerBegins();
    results.push(await readTextResult(exchange, capabilities));
  }
  return results;
}

async function readTextResult(exchange: Exchange, capabilities: Capabilities): Promise<TextRow[]> {
  const first = await answer(exchange);
  if (first[0] === Header.Ok) return single(decodeOk(first, capabilities).status, []);
  if (first[0] === Header.LocalInfile) throw new Malformed('the database asks for a file');
  const names = await columnNames(exchange, capabilities, new PacketReader(first).lenencInt());
  const rows: TextRow[] = [];
  for (;;) {
    const payload = await answer(exchange);
    const status = endStatus(payload, capabilities);
    if (status !== undefined) return single(status, rows);
    const reader = new PacketReader(payload);
    rows.push(Object.fromEntries(names.map((name) => [name, reader.lenencBytesOrNull()?.toString('utf8') ?? null])));
    reader.finish();
  }
}

async function columnNames(exchange: Exchange, capabilities: Capabilities, count: number): Promise<string[]> {
  const names: string[] = [];
  while (names.length < count) names.push(decodeColumnDefinition(await answer(exchange), capabilities).name.toString('utf8'));
  if (!has(capabilities, Capability.DeprecateEof)) decodeEof(await answer(exchange));
  return names;
}

async function answer(exchange: Exchange): Promise<Buffer> {
  const payload = await exchange.read();
  if (!isErr(payload)) return payload;
  const { errno, message } = decodeErr(payload);
  throw new QueryFailure(errno, message);
}

/** Status of the packet that ends the rows; undefined for a row. (A value of 16 MiB, which begins alike, doesn't fit an exchange.) */
function endStatus(payload: Buffer, capabilities: Capabilities): number | undefined {
  if (payload[0] !== Header.Eof) return undefined;
  if (has(capabilities, Capability.DeprecateEof)) return decodeOk(payload, capabilities).status;
  return isEof(payload) ? decodeEof(payload).status : undefined;
}

/** One statement has one result: more would be read as the answer to the next question. */
function single(status: number, rows: TextRow[]): TextRow[] {
  if ((status & ServerStatus.MoreResultsExist) !== 0) throw new Malformed('the database sends more results than were asked for');
  return rows;
}
