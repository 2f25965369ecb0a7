/** The interface both protocols implement: bytes of either side in, judged steps and bytes for either side out. No I/O. */

import type { Slices } from '../framing/slices.ts';
import type { Veil } from '../masking/veil.ts';
import type { Reading, SessionNameUse } from '../sql/facts.ts';
import type { Refusal } from './refusal.ts';
import type { CutOff, Outcome, Statement, Step } from './statement.ts';

/** What a conversation tells its session while it follows the database's replies. */
export interface ConversationListener {
  /** The `index`th statement of the batch is complete. @param tag its command tag: COMMIT of a failed transaction says ROLLBACK */
  completed(statement: Statement, index: number, tag?: string): void;
  /** The batch (or this part of its rows) has ended. */
  ended(statement: Statement, outcome: Outcome): void;
  /** The database is waiting for the next command. @param failed the transaction that has just ended could not be committed */
  ready(status: TransactionState, failed: boolean): void;
  /** The database changed a setting that it reports. */
  setting(name: string, value: string): void;
  /** The client has had the session begin anew: what it had set is gone, and so is the transaction. */
  reset(): void;
}

export type TransactionState = 'idle' | 'open' | 'failed';

/** The answer to "what does this name stand for in the session?". `unsettled`: replies that decide it are under way. */
export type NameMeaning = MeaningOfName | 'unknown' | 'unsettled';

export interface MeaningOfName {
  readonly text: string;
  /** How the server read it when it got its name. */
  readonly reading?: Reading | undefined;
  /** Of a prepared statement: how the database has it. What runs it by name runs that, whatever the policy says by now. */
  readonly veil?: Veil | undefined;
  /** Of one that SQL prepared: the text of which its own is a part, and that the veil is of. */
  readonly within?: string | undefined;
  /** Of a cursor: the run it goes on with. */
  readonly run?: Statement;
}

export interface Conversation {
  /** Are settings made in a transaction taken back when it is rolled back? */
  readonly settingsRollBack: boolean;
  /** Bytes for the database that `forward` and `refuse` have added; the session writes them when the journal allows. */
  readonly toDatabase: Slices;
  /** Bytes for the client. */
  readonly toClient: Slices;

  /** Bytes from the client. Throws Malformed, or Refused for what ends the connection. The chunk may be reused afterwards once `keep` was called. */
  receive(chunk: Buffer): void;
  /** The next step, without taking it. `unsettled`: ask again when more replies have come, which may need what it adds to `toDatabase`. */
  next(): Step | 'unsettled' | undefined;
  /** Lets the step that `next` gave go to the database. */
  forward(step: Step): void;
  /** Answers the step with an error at the place of its `at`th statement (-1: of its first message), without the database running any of it from there on. */
  refuse(step: Step, at: number, refusal: Refusal): void;
  /** Answers the step as done: we have done ourselves what it asks for. */
  satisfy(step: Step): void;
  /** Takes back all that was added since `sent` and refuses it instead; answers with the steps. */
  recall(refusal: Refusal): readonly Step[];
  /** What was added to `toDatabase` has been written, and may be answered: see `toClient` afterwards. Throws Refused when the session ends with such an answer. */
  sent(): void;
  /** Copies what still points into the last chunk received. */
  keep(): void;
  /** Bytes received and not yet forwarded. */
  readonly backlog: number;
  /** Is there something received in full that hasn't been taken? */
  readonly waiting: boolean;

  /** Bytes from the database. Throws Malformed when they can't be followed, Refused for what nobody may have it do: the session then ends. */
  reply(chunk: Buffer): void;
  /** Goes on with rows that a meter has stopped. Throws what `reply` may. */
  resumeRows(): void;
  /** The statement whose rows a meter has stopped ends with a refusal, as soon as the database is done with it. Throws Refused where the database has done more than the client could be told. */
  cutRows(cut: CutOff): void;
  /** Is nothing of the database's replies outstanding? */
  readonly quiet: boolean;
  /** Does the database wait for data that only the client can send? */
  readonly awaitsClient: boolean;
  /** Makes the database send the replies it keeps back, where a protocol lets it. */
  hasten(): void;
  /** Statements sent whose end the database hasn't told. */
  outstanding(): readonly Statement[];
  readonly transaction: TransactionState;

  /**
   * The first statement of the step that relies on a name which the step itself gives another meaning: it can't be judged.
   * @param namesOf what each statement's commands name, as far as it was understood
   */
  clash(step: Step, namesOf: (statement: Statement) => readonly (readonly SessionNameUse[])[]): { readonly statement: Statement; readonly refusal: Refusal } | undefined;
  prepared(name: string): NameMeaning;
  cursor(name: string): NameMeaning;

  /** Text that tells the client something now, without disturbing the protocol's state. */
  notice(message: string, detail?: string, hint?: string): void;
  /** The last bytes for the client before the connection is closed; none when the database has said as much. */
  fatal(refusal: Refusal): Buffer;
}
