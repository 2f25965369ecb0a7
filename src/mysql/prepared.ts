/**
 * What a session has prepared: by COM_STMT_PREPARE under numbers that the server chooses, and by PREPARE under names.
 *
 * A number is known when the server has told it. What the client closes is gone at once, since nothing answers that. What was prepared
 * anew in another form (reprepare.ts) keeps the number that the client knows, and has another one at the server.
 */

import type { MeaningOfName, NameMeaning } from '../protocol/conversation.ts';
import type { ParameterValue, Statement, StatementText } from '../protocol/statement.ts';
import type { SessionNameUse } from '../sql/facts.ts';
import type { Placeholders } from './bound.ts';
import type { RowNet } from './cells.ts';
import type { Frame } from './inbox.ts';
import { LAST_PREPARED } from './packets/commands.ts';

/** What the server has in the place of what the client prepared. */
export interface AtServer {
  readonly id: number;
  /** Its text; undefined: the client's. */
  readonly form: string | undefined;
}

export class Prepared implements Placeholders {
  /** As the client knows it. */
  readonly id: number;
  readonly source: StatementText;
  readonly parameters: number;
  /** How the session read texts when it was prepared (`Tracked.lexing`): the server may read it again when it is executed. */
  readonly lexing: string;
  /** The default database that its names were looked up in. */
  readonly database: string;
  /** Of each column, as the client was told: see columnType. */
  readonly columns: number[] = [];
  atServer: AtServer;
  /** Types as the client gave them last. */
  types: readonly number[] | undefined;
  /** Types as the server has them: it sees nothing of what is refused. */
  typesAtServer: readonly number[] | undefined;
  /** The run whose rows are kept for COM_STMT_FETCH. */
  cursor: Statement | undefined;
  /** What masks its rows. */
  net: RowNet | undefined;
  /** Executions that the server hasn't answered. */
  running = 0;
  #long: LongData | undefined;

  constructor({ source, parameters, lexing, database }: Pick<Prepared, 'source' | 'parameters' | 'lexing' | 'database'>, atServer: AtServer) {
    this.id = atServer.id;
    this.source = source;
    this.parameters = parameters;
    this.lexing = lexing;
    this.database = database;
    this.atServer = atServer;
  }

  /** Values sent ahead of the next execution. */
  get long(): ReadonlyMap<number, ParameterValue> {
    return this.#long?.values() ?? NO_VALUES;
  }

  /** Bytes of the values sent ahead. */
  get longBytes(): number {
    return this.#long?.bytes ?? 0;
  }

  /** Keeps a piece of a value, and the packets it came in: `PreparedStatements` counts them. */
  addLong(parameter: number, piece: Buffer, frames: readonly Frame[]): void {
    this.#long ??= new LongData();
    this.#long.add(parameter, piece, frames);
  }

  /** The commands of the values sent ahead, as packets, which are then no longer kept. */
  takeLong(): readonly (readonly Frame[])[] {
    const commands = this.#long?.commands ?? [];
    this.#long = undefined;
    return commands;
  }
}

const NO_VALUES: ReadonlyMap<number, ParameterValue> = new Map();

/**
 * The pieces of COM_STMT_SEND_LONG_DATA. They are kept here until the execution that needs them is let through: the server
 * would keep those of a refused one for the next.
 */
class LongData {
  readonly commands: (readonly Frame[])[] = [];
  bytes = 0;
  readonly #pieces = new Map<number, Buffer[]>();

  add(parameter: number, piece: Buffer, frames: readonly Frame[]): void {
    this.commands.push(frames);
    this.bytes += piece.length;
    const pieces = this.#pieces.get(parameter);
    if (pieces === undefined) this.#pieces.set(parameter, [piece]);
    else pieces.push(piece);
  }

  values(): ReadonlyMap<number, ParameterValue> {
    return new Map([...this.#pieces].map(([parameter, pieces]) => [parameter, { format: 0, bytes: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces), type: LONG }]));
  }
}

/** In the place of a type. */
const LONG = 0x20000;

export type Found = Prepared | 'unknown' | 'unsettled';

export class PreparedStatements {
  readonly #byId = new Map<number, Prepared>();
  /** The one prepared last; undefined when that failed, or it was closed. */
  #last: Prepared | undefined;
  /** COM_STMT_PREPARE sent and not answered. */
  #underway = 0;
  /** Bytes of values sent ahead, of all statements. */
  longBytes = 0;

  /** @param id as the client gives it, LAST_PREPARED included */
  find(id: number): Found {
    const known = id === LAST_PREPARED ? undefined : this.#byId.get(id);
    if (known !== undefined) return known;
    if (this.#underway > 0) return 'unsettled';
    return (id === LAST_PREPARED ? this.#last : undefined) ?? 'unknown';
  }

  begin(): void {
    this.#underway++;
  }

  /** The server has prepared it. */
  confirm(prepared: Prepared): void {
    this.#underway--;
    this.#byId.set(prepared.id, prepared);
    this.#last = prepared;
  }

  /** It failed; what was prepared before can't be meant by LAST_PREPARED any more (MariaDB: clear_last_stmt). */
  failed(): void {
    this.#underway--;
    this.#last = undefined;
  }

  /** It was never sent. */
  abandon(): void {
    this.#underway--;
  }

  /** See Prepared.addLong. */
  addLong(prepared: Prepared, parameter: number, piece: Buffer, frames: readonly Frame[]): void {
    prepared.addLong(parameter, piece, frames);
    this.longBytes += piece.length;
  }

  /** See Prepared.takeLong. */
  takeLong(prepared: Prepared): readonly (readonly Frame[])[] {
    this.longBytes -= prepared.longBytes;
    return prepared.takeLong();
  }

  close(prepared: Prepared): void {
    this.takeLong(prepared);
    this.#byId.delete(prepared.id);
    if (this.#last === prepared) this.#last = undefined;
  }

  clear(): void {
    this.#byId.clear();
    this.#last = undefined;
    this.longBytes = 0;
  }
}

/** Names that the server tells apart exactly as they are written, but for case. It compares others by the collation utf8_general_ci, to which é is e. */
const PLAIN = /^[a-z0-9_$]+$/;

/** What PREPARE has given names. */
export class SqlNames {
  readonly #texts = new Map<string, MeaningOfName & { readonly lexing: string }>();
  /** Was a name used that may be any other's? */
  #confused = false;

  /** @param lexing how the session reads texts now: one prepared under another reading may be read again */
  meaning(name: string, lexing: string): NameMeaning {
    const found = this.#confused ? undefined : this.#texts.get(name.toLowerCase());
    return found === undefined || found.lexing !== lexing ? 'unknown' : found;
  }

  /** A command of the statement has succeeded. */
  apply(uses: readonly SessionNameUse[], statement: Statement, lexing: string): void {
    for (const use of uses) {
      if (use.use === 'prepare') this.#set(use.name.toLowerCase(), { text: use.text, reading: statement.source.reading, lexing });
      else if (use.use === 'deallocate') this.#drop(use.name?.toLowerCase());
    }
  }

  /** It can't be told any more what a name stands for. */
  confuse(): void {
    this.#confused = true;
  }

  clear(): void {
    this.#texts.clear();
    this.#confused = false;
  }

  #set(name: string, meaning: MeaningOfName & { readonly lexing: string }): void {
    if (PLAIN.test(name)) this.#texts.set(name, meaning);
    else this.#confused = true;
  }

  #drop(name: string | undefined): void {
    if (name === undefined) this.#texts.clear();
    else if (PLAIN.test(name)) this.#texts.delete(name);
    else this.#confused = true;
  }
}
