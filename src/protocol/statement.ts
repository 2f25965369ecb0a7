/** What a client asked to run: text, parameters, how it arrived. Knows no policy. */

import type { Refusal } from './refusal.ts';
import type { Detection } from '../masking/detectors/detection.ts';
import type { Hits } from '../masking/detectors/tally.ts';
import type { Veil } from '../masking/veil.ts';
import type { Reading, SessionNameUse } from '../sql/facts.ts';

/** How a statement arrived. */
export type Arrival = 'simple' | 'extended' | 'com_query' | 'com_stmt_execute';

/** A text as it was sent; the same object for each run of one prepared statement, so that what is learnt of it can be kept here. */
export class StatementText {
  readonly text: string;
  /** Types the client declared for its parameters; they choose between overloaded functions and operators. */
  readonly types: readonly number[];
  /** How the server reads it: as the session was when it was sent, or prepared. */
  readonly reading: Reading | undefined;
  /** What the session has worked out about this text; its own affair. */
  memo: unknown = undefined;
  /** How it is to be prepared now, if the agent sees only masks of something; the session's word, before each step that prepares it. */
  veil: Veil | undefined = undefined;
  /** May it start a COPY from the client? The conversation's own; undefined until it was looked at. */
  mayCopyIn: boolean | undefined = undefined;

  constructor(text: string, types: readonly number[] = [], reading?: Reading) {
    this.text = text;
    this.types = types;
    this.reading = reading;
  }
}

/** One bound value: NULL, or bytes in the protocol's text (0) or binary (1) format. */
export interface ParameterValue {
  readonly format: number;
  readonly bytes: Buffer | null;
  /** The protocol's code of its type, where each value comes with its own: an approval is bound to it as well. */
  readonly type?: number;
}

/** Counts the rows of a statement on their way to the client, and stops them where a budget of the policy ends. */
export interface RowMeter {
  /** How many may pass before it is asked again; whoever lets rows pass takes them off. */
  left: number;
  /** None is left, and a row is there. @returns false: the row waits, and all behind it, until the conversation is told how it goes on */
  more(): boolean;
}

/** Takes one row off. @returns false: it must wait */
export function takesRow(meter: RowMeter): boolean {
  if (meter.left === 0 && !meter.more()) return false;
  meter.left--;
  return true;
}

/** The rest of a statement's rows is kept from the client, whose answer ends with the refusal instead. */
export interface CutOff {
  readonly refusal: Refusal;
  /** Would it do no harm if the database were done with the statement before it hears that it is to be cancelled? */
  readonly harmless: boolean;
}

/**
 * What is known of the session's settings once a statement has run: they are the `same`; what changed is `told` by the
 * database's reply, if it succeeds; or they are `unknown`, since something ran that nobody sees, or a value came from where nobody looks.
 */
export type Aftermath = 'same' | 'told' | 'unknown';

/** One run of a batch: a Query, a portal, a COM_QUERY, a COM_STMT_EXECUTE. */
export class Statement {
  readonly source: StatementText;
  readonly arrival: Arrival;
  /** Dropped when the statement has been sent, unless its rows are counted: people may still be asked about it then. */
  parameters: readonly ParameterValue[];
  /** Names of session objects it makes or drops, known once it was understood; the conversation follows them as replies come. */
  names: readonly (readonly SessionNameUse[])[] = [];
  /** May the database ask the client for data (a file, rows to copy in) while it runs? Known once it was understood. */
  imports = false;
  /** Known once it was understood. */
  after: Aftermath = 'unknown';
  /** Names of the settings it changes itself, of which the database should tell; known once it was understood. */
  sets: readonly string[] = [];
  /** How it runs, if the agent sees only masks of something; the session's word, before it is forwarded. */
  veil: Veil | undefined = undefined;
  /** What is looked for in the values it answers with, and replaced; the session's word, before it is forwarded. */
  detection: Detection | undefined = undefined;
  /** Counts its rows; the session's word, before it is forwarded. */
  meter: RowMeter | undefined = undefined;
  /** Is it a run of a cursor? Its text is then the batch that declared it, which isn't done again. */
  cursor = false;
  /** Sequence number of its journal record, once it has one. */
  record = 0;
  /** Monotonic milliseconds when it left. */
  startedAt = 0;
  /** The session's own. */
  context: unknown = undefined;

  constructor(source: StatementText, arrival: Arrival, parameters: readonly ParameterValue[] = []) {
    this.source = source;
    this.arrival = arrival;
    this.parameters = parameters;
  }
}

/** How a statement ended at the database. */
export interface Outcome {
  /** Command tag, the last one of a batch. */
  readonly tag?: string | undefined;
  readonly rows: number;
  readonly bytes: number;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** More rows may be asked for. */
  readonly suspended?: boolean;
  /** What was found in its values, and replaced. */
  readonly hits?: Hits | undefined;
}

/** The smallest thing that is judged and forwarded together. */
export interface Step {
  /** What would run, in order. Empty for messages that run nothing. */
  readonly statements: readonly Statement[];
  /** Texts that get a name without being run. */
  readonly prepares: readonly { readonly name: string; readonly source: StatementText }[];
  /** Statements let through before, of which more is asked. */
  readonly continues: readonly Statement[];
  /** Something in it can't be judged at all: refused at this statement's place. */
  readonly refusal?: Refusal;
  /** The client says goodbye. */
  readonly terminate: boolean;
  /** Its bytes still lie in the chunk received last: they must be written, or copied, before the next one. */
  readonly transient: boolean;
}

/** Does it run nothing, name nothing and break nothing? */
export function isPlain({ statements, prepares, continues, refusal }: Step): boolean {
  return statements.length === 0 && prepares.length === 0 && continues.length === 0 && refusal === undefined;
}

/** Must it be known where its rows come from? */
export const looksAt = ({ veil, detection }: Statement): boolean => veil !== undefined || detection !== undefined;

/** It has been sent: its values may be large, and the statement may be kept for long. */
export function dropParameters(statements: readonly Statement[]): void {
  for (const statement of statements) if (statement.meter === undefined) statement.parameters = NO_PARAMETERS;
}

const NO_PARAMETERS: readonly never[] = [];

/** Of a statement whose rows go on to be cut off although the database was done with it. */
export const hadRun = ({ refusal }: CutOff): Refusal => ({ ...refusal, message: `${refusal.message}; it had run by then`, hint: 'Its rows were kept back, and the connection is closed. Connect again, and look at what it has done.' });
