/** What the server has told of the session: everything that decides how it reads a text. Truth comes from replies, never from what the agent asked for. */

import { Malformed } from '../framing/malformed.ts';
import { Refused } from '../protocol/refusal.ts';
import type { Reading, Understanding } from '../sql/facts.ts';
import { type Decoder, textDecoder } from './charsets.ts';
import { ServerStatus } from './packets/capabilities.ts';
import { Command } from './packets/commands.ts';
import { packets } from './packets/frame.ts';
import type { SessionChange } from './packets/session-changes.ts';

/** Parts of sql_mode that change where tokens end and what they mean; combination modes come with their parts. */
const LEXING_MODES = ['ANSI_QUOTES', 'HIGH_NOT_PRECEDENCE', 'IGNORE_SPACE', 'NO_BACKSLASH_ESCAPES', 'ORACLE', 'PIPES_AS_CONCAT', 'MSSQL', 'REAL_AS_FLOAT', 'EMPTY_STRING_IS_NULL'];

/** Settings read when what was tracked can't be relied on, in the order of the columns of `READ_SETTINGS`. */
const SETTINGS = ['sql_mode', 'character_set_client', 'character_set_connection', 'character_set_results', 'collation_connection', 'database'] as const;

/** What texts are read by, and what servers track unasked. All (`*`) would have MySQL count statements in every OK. */
const TRACK = 'autocommit,character_set_client,character_set_connection,character_set_results,collation_connection,sql_mode,time_zone';

/**
 * Has every OK tell which of these have changed, beside the default database (MySQL reference manual, "Server Tracking of Client Session State";
 * MariaDB: "session_track_system_variables").
 */
const TRACK_SETTINGS = `SET SESSION session_track_system_variables = '${TRACK}', SESSION session_track_schema = ON`;

const NOW = '@@SESSION.session_track_system_variables';
/** What is told beside, each name between two commas. An empty literal would be NULL in one sql_mode, and a name twice is an error of MySQL's. */
const BESIDE = TRACK.split(',').reduce((rest, name) => `REPLACE(${rest}, ',${name},', ',')`, `CONCAT(',', LOWER(REPLACE(COALESCE(${NOW}, ','), ', ', ',')), ',')`);

/** The same later on, beside what a driver has asked to be told itself: when the session has begun anew, or something may have turned it off. */
const TRACK_AGAIN = `SET SESSION session_track_system_variables = IF(${NOW} = '*', ${NOW}, TRIM(TRAILING ',' FROM CONCAT('${TRACK}', ${BESIDE}))), SESSION session_track_schema = ON`;

const READ_BY: ReadonlySet<string> = new Set(SETTINGS);

/** One row with the values of `SETTINGS`. */
const READ_SETTINGS = 'SELECT @@SESSION.sql_mode, @@SESSION.character_set_client, @@SESSION.character_set_connection, @@SESSION.character_set_results, @@SESSION.collation_connection, DATABASE()';

const packet = (text: string): Buffer => packets(0, Buffer.concat([Buffer.of(Command.Query), Buffer.from(text)]));

/** How long the server waits for somebody who doesn't read what it sends (server: net_write_timeout, 60 s by default). @param seconds at least */
const patient = (seconds: number): string => (seconds === 0 ? '' : `, SESSION net_write_timeout = CAST(GREATEST(@@SESSION.net_write_timeout, ${seconds}) AS SIGNED)`);

/** At login. @param patience seconds for which the server is to wait while rows wait for people; 0: they never do */
export const trackSettings = (patience: number): string => TRACK_SETTINGS + patient(patience);

/** In the middle of a conversation: the same, and how texts are read now. */
export const questions = (patience: number) => [['track', packet(TRACK_AGAIN + patient(patience))], ['read', packet(READ_SETTINGS)]] as const;

export class Tracked {
  /** Names in lower case; `database` is the default one, empty when there is none. */
  readonly settings = new Map<string, string>();
  /** Has something run that may have changed them without saying so? */
  doubtful: boolean;
  readonly #understanding: Pick<Understanding, 'reading'>;
  readonly #changed: (name: string, value: string) => void;
  #reading: Reading | undefined;
  #lexing: string | undefined;

  /**
   * @param settings as they were at login; without sql_mode the server is asked before the first text
   * @param changed told of each setting
   */
  constructor(settings: ReadonlyMap<string, string>, understanding: Pick<Understanding, 'reading'>, changed: (name: string, value: string) => void) {
    this.#understanding = understanding;
    this.#changed = changed;
    for (const [name, value] of settings) this.settings.set(name, value);
    this.doubtful = !SETTINGS.every((name) => name === 'database' || settings.has(name));
  }

  /** How the server reads a text sent now. Throws Refused when nobody could follow it. */
  get reading(): Reading | undefined {
    if (this.#understanding.reading === undefined) return undefined;
    this.#reading ??= this.#understanding.reading(this.settings);
    if (this.#reading === undefined) throw new Refused({ code: 'forbidden', message: 'the session\'s settings make the database read statements in a way that can\'t be followed', hint: 'Leave sql_mode and the character sets as they were at login.' });
    return this.#reading;
  }

  /** The same for two states in which a text has the same tokens. */
  get lexing(): string {
    this.#lexing ??= `${this.#modes()} ${this.#charset()}`;
    return this.#lexing;
  }

  /** The default one; empty when there is none. */
  get database(): string {
    return this.settings.get('database') ?? '';
  }

  /** How the session's texts are decoded. Throws Refused when nobody could. */
  get decoder(): Decoder {
    const name = this.#charset();
    const decoder = textDecoder(name);
    if (decoder === undefined) throw new Refused({ code: 'forbidden', message: `character_set_client became ${name}: statements can't be read in it`, hint: 'Use utf8mb4.' });
    return decoder;
  }

  /** The server reports changes; answers with the names. Throws Refused when texts can't be read any more. */
  report(changes: readonly SessionChange[]): readonly string[] {
    const names: string[] = [];
    for (const change of changes) {
      if (change.kind !== 'variable' && change.kind !== 'schema') continue;
      const [name, value] = change.kind === 'variable' ? [change.name, change.value] : ['database', change.name];
      this.#set(name, value.toString('utf8'));
      names.push(name);
    }
    return names;
  }

  /**
   * What a statement sets must have been told of. Else something has turned off what tells of it: a trigger that nobody saw,
   * or a driver that has the server tell what it wants to know itself, and that may be less.
   */
  expect(sets: readonly string[], told: readonly string[]): void {
    if (sets.some((name) => READ_BY.has(name) && !told.includes(name))) this.doubtful = true;
  }

  /** Each reply tells one part of sql_mode in its status, whoever has set it and whether changes are told or not. @param status `ServerStatus` bits */
  check(status: number): void {
    if (((status & ServerStatus.NoBackslashEscapes) !== 0) !== this.#hasMode('NO_BACKSLASH_ESCAPES')) this.doubtful = true;
  }

  /** The session begins anew: nothing of it is known until the server was asked. */
  forget(): void {
    for (const name of SETTINGS) this.settings.delete(name);
    this.#reading = undefined;
    this.#lexing = undefined;
    this.doubtful = true;
  }

  /** The values that READ_SETTINGS asked for. Throws Malformed when they don't tell what texts are read by. */
  read(values: readonly (Buffer | null)[]): void {
    if (values.length !== SETTINGS.length || values[0] === null || values[1] === null) throw new Malformed('the database didn\'t say how it reads statements');
    SETTINGS.forEach((name, index) => this.#set(name, values[index]?.toString('utf8') ?? ''));
    this.doubtful = false;
  }

  #set(name: string, value: string): void {
    if (this.settings.get(name) === value || !READ_BY.has(name)) return;
    this.settings.set(name, value);
    this.#reading = undefined;
    this.#lexing = undefined;
    this.#changed(name, value);
    if (name === 'character_set_client') void this.decoder;
  }

  #hasMode(mode: string): boolean {
    return (this.settings.get('sql_mode') ?? '').includes(mode);
  }

  #modes(): string {
    const modes = new Set((this.settings.get('sql_mode') ?? '').toUpperCase().split(','));
    return LEXING_MODES.filter((mode) => modes.has(mode)).join();
  }

  #charset(): string {
    return this.settings.get('character_set_client') ?? 'utf8mb4';
  }
}
