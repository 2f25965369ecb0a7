/** From a part of the conversation to a step: which statement would run, with which values, and what the server will answer. Pure. */

import { Malformed } from '../framing/malformed.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { type ParameterValue, Statement, StatementText, type Step } from '../protocol/statement.ts';
import { mysqlName } from '../sql/quoting.ts';
import { decodeBulkExecute, decodeExecute, decodeQuery, type Execute, statementId } from './bound.ts';
import type { AskedUser, ChangeUserStep } from './change-user.ts';
import type { Part } from './inbox.ts';
import { Command } from './packets/commands.ts';
import { PacketReader } from './packets/reader.ts';
import type { Prepared, PreparedStatements } from './prepared.ts';
import type { Tracked } from './tracked.ts';

/** What is done with the command when it is let through. */
export type Action =
  | { readonly kind: 'query' | 'fields'; readonly statement: Statement }
  | { readonly kind: 'execute'; readonly statement: Statement; readonly prepared: Prepared; readonly types: readonly number[] | undefined; readonly bound: Pick<Execute, 'typed' | 'typedAt'> }
  | { readonly kind: 'fetch'; readonly statement: Statement; readonly prepared: Prepared }
  | { readonly kind: 'prepare'; readonly source: StatementText }
  | { readonly kind: 'ok' | 'reset' | 'text' | 'quit' }
  | { readonly kind: 'reset_statement' | 'close'; readonly prepared: Prepared }
  | { readonly kind: 'long_data'; readonly prepared: Prepared; readonly parameter: number; readonly piece: Buffer }
  /** A piece of a file, or what the client says to COM_CHANGE_USER. */
  | { readonly kind: 'data' | 'answer' }
  | { readonly kind: 'change_user'; readonly asks: AskedUser }
  /** It goes nowhere. An execution that can't be judged uses up the values sent ahead of it all the same, as a failed one does at the server. */
  | { readonly kind: 'nothing'; readonly executes?: Prepared | undefined; /** Does the connection end with its refusal? */ readonly ends?: true };

export interface MysqlStep extends Step {
  readonly part: Part;
  readonly action: Action;
  /** Packets of ours that the client has got for it while it waited. */
  noticed: number;
}

export interface AnalysisParts {
  readonly limits: { readonly statementBytes: number; readonly messageBytes: number };
  readonly prepared: PreparedStatements;
  readonly tracked: Tracked;
  /** Do attributes stand before the text of COM_QUERY? */
  readonly attributes: boolean;
  readonly bulk: boolean;
  /** Undefined: nobody can say again who it is. */
  readonly changeUser: ((payload: Buffer) => ChangeUserStep) | undefined;
}

type CommandPart = Part & { readonly kind: 'command' };

/** Throws Refused when the session's state doesn't let any text be read. `unsettled`: what it relies on is known only when more replies have come. */
export function analyse(part: Part, parts: AnalysisParts): MysqlStep | 'unsettled' {
  if (part.kind === 'data') return { ...step(part, { kind: 'data' }), transient: !part.owned };
  if (part.kind === 'answer') return step(part, { kind: 'answer' });
  const analysis = new Analysis(part, parts);
  try {
    return analysis.step();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const refusal: Refusal = { code: 'protocol_violation', message: `malformed command: ${error.message}` };
    return part.payload[0] === Command.ChangeUser ? step(part, { kind: 'nothing', ends: true }, { refusal }) : refused(part, refusal, analysis.executes);
  }
}

/** Would anything run by it? */
export const runsAnything = ({ statements, prepares, continues }: Step): boolean => statements.length > 0 || prepares.length > 0 || continues.length > 0;

/** Does the command have a text in it, or one that may be read anew, so that it must be known how it is read? */
export function readsText(part: Part): boolean {
  const command = part.kind === 'command' ? part.payload[0] : undefined;
  return command !== undefined && READ.has(command);
}

const READ: ReadonlySet<number> = new Set([Command.InitDb, Command.Query, Command.FieldList, Command.ProcessInfo, Command.ProcessKill, Command.StmtPrepare, Command.StmtExecute, Command.StmtBulkExecute]);

function step(part: Part, action: Action, more: Partial<Step> = {}): MysqlStep {
  return { statements: [], prepares: [], continues: [], terminate: action.kind === 'quit', transient: false, part, action, noticed: 0, ...more };
}

const refused = (part: Part, refusal: Refusal, executes?: Prepared): MysqlStep => step(part, { kind: 'nothing', executes }, { refusal });

class Analysis {
  readonly #part: CommandPart;
  readonly #parts: AnalysisParts;
  executes: Prepared | undefined;

  constructor(part: CommandPart, parts: AnalysisParts) {
    this.#part = part;
    this.#parts = parts;
  }

  step(): MysqlStep | 'unsettled' {
    const { payload } = this.#part;
    const [command] = payload;
    switch (command) {
      case Command.Quit:
        return step(this.#part, { kind: 'quit' });
      case Command.Ping:
      case Command.SetOption:
        return step(this.#part, { kind: 'ok' });
      case Command.ResetConnection:
        return step(this.#part, { kind: 'reset' });
      case Command.ChangeUser:
        return this.#changeUser(payload);
      case Command.Statistics:
        return step(this.#part, { kind: 'text' });
      case Command.Query: {
        const { text, attributes } = decodeQuery(payload, this.#parts.attributes);
        return this.#query(text, attributes);
      }
      case Command.InitDb:
        return this.#text(`USE ${mysqlName(this.#parts.tracked.decoder.name(payload.subarray(1)))}`);
      case Command.ProcessInfo:
        return this.#text('SHOW PROCESSLIST');
      case Command.ProcessKill:
        return this.#text(`KILL ${statementId(payload)}`);
      case Command.FieldList:
        return this.#fieldList();
      case Command.StmtPrepare:
        return this.#prepare(payload.subarray(1));
      case Command.StmtExecute:
      case Command.StmtBulkExecute:
      case Command.StmtFetch:
      case Command.StmtReset:
      case Command.StmtClose:
      case Command.StmtSendLongData:
        return this.#prepared(command);
      case undefined:
      default:
        return refused(this.#part, unsupported(command));
    }
  }

  #changeUser(payload: Buffer): MysqlStep {
    const asks = this.#parts.changeUser?.(payload) ?? { kind: 'refused', refusal: unsupported(Command.ChangeUser) };
    if (asks.kind === 'send') return step(this.#part, { kind: 'change_user', asks });
    return step(this.#part, { kind: 'nothing', ends: true }, { refusal: asks.kind === 'refused' ? asks.refusal : unsupported(Command.ChangeUser) });
  }

  #query(raw: Buffer, attributes: readonly ParameterValue[]): MysqlStep {
    const text = this.#decoded(raw);
    return typeof text === 'string' ? this.#text(text, attributes) : refused(this.#part, text);
  }

  #text(text: string, attributes: readonly ParameterValue[] = [], kind: 'query' | 'fields' = 'query'): MysqlStep {
    const statement = new Statement(new StatementText(text, [], this.#parts.tracked.reading), 'com_query', attributes);
    return step(this.#part, { kind, statement }, { statements: [statement] });
  }

  /** string<NUL> table, string<EOF> wildcard. */
  #fieldList(): MysqlStep {
    const reader = new PacketReader(this.#part.payload);
    reader.skip(1);
    return this.#text(`SHOW COLUMNS FROM ${mysqlName(this.#parts.tracked.decoder.name(reader.cbytes()))}`, [], 'fields');
  }

  #prepare(raw: Buffer): MysqlStep {
    const text = this.#decoded(raw);
    if (typeof text !== 'string') return refused(this.#part, text);
    const source = new StatementText(text, [], this.#parts.tracked.reading);
    return step(this.#part, { kind: 'prepare', source }, { prepares: [{ name: '', source }] });
  }

  #prepared(command: number): MysqlStep | 'unsettled' {
    const { payload } = this.#part;
    const found = this.#parts.prepared.find(statementId(payload));
    if (found === 'unsettled') return found;
    if (found === 'unknown') return this.#notPrepared(command);
    switch (command) {
      case Command.StmtReset:
        return step(this.#part, { kind: 'reset_statement', prepared: found });
      case Command.StmtClose:
        return step(this.#part, { kind: 'close', prepared: found });
      case Command.StmtSendLongData:
        return this.#longData(found);
      case Command.StmtFetch:
        return this.#fetch(found);
      default:
        return this.#execute(command, found);
    }
  }

  #notPrepared(command: number): MysqlStep {
    if (command === Command.StmtClose || command === Command.StmtSendLongData) return step(this.#part, { kind: 'nothing' });
    return refused(this.#part, { code: 'unknown_statement', message: `unknown prepared statement handler (${statementId(this.#part.payload)})`, hint: 'Only statements prepared in this session can be run.' });
  }

  /** int<1> 0x18, int<4> id, int<2> parameter, the piece. */
  #longData(prepared: Prepared): MysqlStep {
    const reader = new PacketReader(this.#part.payload);
    reader.skip(5);
    const parameter = reader.int2();
    return step(this.#part, { kind: 'long_data', prepared, parameter, piece: reader.rest() });
  }

  #fetch(prepared: Prepared): MysqlStep | 'unsettled' {
    if (prepared.running > 0) return 'unsettled';
    const { cursor } = prepared;
    if (cursor === undefined) return refused(this.#part, { code: 'unknown_portal', message: `the statement (${prepared.id}) has no open cursor` });
    return step(this.#part, { kind: 'fetch', statement: cursor, prepared }, { continues: [cursor] });
  }

  #execute(command: number, prepared: Prepared): MysqlStep {
    const { limits, tracked, attributes, bulk } = this.#parts;
    this.executes = prepared;
    if (command === Command.StmtBulkExecute && !bulk) return refused(this.#part, unsupported(command));
    if (prepared.longBytes > limits.messageBytes) return refused(this.#part, tooLong(prepared.longBytes, limits.messageBytes), prepared);
    if (prepared.lexing !== tracked.lexing) return refused(this.#part, readAnew, prepared);
    const bound = command === Command.StmtExecute ? decodeExecute(this.#part.payload, prepared, attributes) : decodeBulkExecute(this.#part.payload, prepared);
    const { values, types } = bound;
    const statement = new Statement(prepared.source, 'com_stmt_execute', values);
    return step(this.#part, { kind: 'execute', statement, prepared, types, bound }, { statements: [statement] });
  }

  #decoded(raw: Buffer): string | Refusal {
    const { limits: { statementBytes }, tracked } = this.#parts;
    if (raw.length > statementBytes) {
      return {
        code: 'too_large', message: `the statement has ${raw.length} bytes, over the limit of ${statementBytes}`, detail: { limit: 'limits.statement', bytes: statementBytes },
        hint: 'Send it in smaller pieces, or pass the data as parameters; or raise limits.statement in the proxy\'s configuration.',
      };
    }
    const text = tracked.decoder.statement(raw);
    return text.includes('\0') ? { code: 'forbidden', message: 'there is a NUL in the statement', hint: 'Write it as \\0 in a string, or pass binary data as parameters.' } : text;
  }
}

function unsupported(command: number | undefined): Refusal {
  const name = Object.entries(Command).find(([, code]) => code === command)?.[0];
  const message = name === undefined ? `command ${command ?? 'nothing'} is unknown` : `command ${name} is not supported`;
  return { code: 'unsupported', message, hint: 'Use the statement of the same effect, where there is one: it can be judged.' };
}

/** The server reads a prepared text again when a parameter's type or a table has changed, and by the sql_mode of that moment (mysql-server: Prepared_statement::reprepare). */
const readAnew: Refusal = {
  code: 'changed', message: 'the statement was prepared while the session read texts in another way (sql_mode, character set)', hint: 'Prepare it again.',
};

const tooLong = (bytes: number, limit: number): Refusal => ({
  code: 'too_large', message: `the values sent ahead have ${bytes} bytes, over the limit of ${limit}`, detail: { limit: 'limits.message', bytes: limit },
  hint: 'Send smaller values, or raise limits.message in the proxy\'s configuration.',
});
