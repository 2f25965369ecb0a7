/** The replies that are still to come, as a queue: one entry a command that is answered, by the server or by us. Pure. */

import { Fifo } from '../protocol/fifo.ts';
import type { Veil } from '../masking/veil.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { CutOff, Statement, StatementText } from '../protocol/statement.ts';
import type { AskedUser } from './change-user.ts';
import type { Prepared } from './prepared.ts';
import type { Reprepare, ReprepareStage } from './reprepare.ts';

/** Sequence ids of one reply. */
export interface Numbering {
  /** Of the next packet the server sends for it. */
  sequence: number;
  /** What the client's ids are ahead: packets of ours among the server's, or of the server's that the client didn't get. */
  shift: number;
}

export type Expected = Numbering & (
  /** COM_QUERY, COM_INIT_DB and what is judged like them; executions, which know their prepared statement. */
  | { readonly kind: 'query'; readonly statement: Statement; readonly progress: Progress; readonly prepared?: Prepared }
  | { readonly kind: 'fetch'; readonly statement: Statement; readonly progress: Progress; readonly prepared: Prepared }
  /** COM_FIELD_LIST. */
  | { readonly kind: 'fields'; readonly statement: Statement; readonly progress: Progress }
  | { readonly kind: 'prepare'; readonly source: StatementText; readonly lexing: string; readonly database: string; /** As it was sent. */ readonly veil: Veil | undefined }
  /** OK or EOF, or ERR. */
  | { readonly kind: 'ok' | 'reset' }
  /** COM_STATISTICS: one packet of text. */
  | { readonly kind: 'text' }
  /** A query of our own, of which the client sees nothing. */
  | { readonly kind: 'track' | 'read' }
  /** Ours as well: the session begins anew, and in which character set. */
  | { readonly kind: 'renew' | 'charset' }
  /** Ours as well: a statement is prepared anew, and its execution stands behind. */
  | { readonly kind: 'anew'; readonly stage: ReprepareStage; readonly reprepare: Reprepare }
  /** COM_CHANGE_USER: ours to ask the client, once all before it is answered. */
  | { readonly kind: 'change_user'; readonly asks: AskedUser }
  /** Ours to say before the reply that comes next. */
  | { readonly kind: 'say'; readonly payload: Buffer }
  /** Ours to answer, once all before it is answered. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The same, and the connection ends with it. */
  | { readonly kind: 'farewell'; readonly refusal: Refusal }
  | { readonly kind: 'satisfied' }
  /** Let through, but it couldn't be sent: ours to answer. */
  | { readonly kind: 'unsent'; readonly statement: Statement; readonly refusal: Refusal }
);

/** What has come of a statement so far. */
export interface Progress {
  /** Nothing of its rows goes on any more. */
  cut?: CutOff;
  /** Results of it that are complete. */
  completed: number;
  /** Names of settings that the server has told of. */
  told: readonly string[];
  rows: number;
  bytes: number;
}

/** Did we ask, and not the client? */
export const isOurs = ({ kind }: Expected): boolean => kind === 'track' || kind === 'read' || kind === 'renew' || kind === 'charset' || kind === 'anew';

const NONE: readonly string[] = [];

export const noProgress = (): Progress => ({ completed: 0, told: NONE, rows: 0, bytes: 0 });

const UNSETTLES: ReadonlySet<Expected['kind']> = new Set(['reset', 'renew', 'charset', 'change_user', 'farewell', 'track', 'read']);
/** May it change how what stands behind it is read, or whether it is? */
const unsettles = (entry: Expected): boolean => UNSETTLES.has(entry.kind) || ('statement' in entry && entry.statement.after !== 'same');
/** May nothing be sent behind it until it is answered? The server may ask for a file while it runs, or an execution is still to be sent. */
const stops = (entry: Expected): boolean => entry.kind === 'anew' || (entry.kind === 'query' && entry.statement.imports);

export class ExpectedQueue extends Fifo<Expected> {
  #unsettling = 0;
  #stopping = 0;
  /** Entries at the end whose commands haven't been written yet: nothing of theirs may be answered. */
  unsent = 0;

  /** Is anything under way that may change how a text is read? */
  get unsettled(): boolean {
    return this.#unsettling > 0;
  }

  /** Must what the client sends next wait, whatever it is? */
  get stopped(): boolean {
    return this.#stopping > 0;
  }

  /** The reply that a client awaits first. */
  get awaited(): Expected | undefined {
    return this.all().find((entry) => !isOurs(entry));
  }

  /** Statements the server hasn't answered in full, oldest first. */
  statements(): Statement[] {
    return this.all().flatMap((entry) => ('statement' in entry ? [entry.statement] : []));
  }

  /** The head, when the client may be answered for it. */
  get answerable(): Expected | undefined {
    return this.length > this.unsent ? this.head : undefined;
  }

  override push(entry: Expected): void {
    super.push(entry);
    this.unsent++;
    this.#count(entry, 1);
  }

  override shift(): Expected | undefined {
    const entry = super.shift();
    if (entry !== undefined) this.#count(entry, -1);
    return entry;
  }

  /** What the head was expected for is ours to answer. */
  replaceHead(entry: Expected): void {
    const { head } = this;
    if (head === undefined) return;
    this.#count(head, -1);
    this.#count(entry, 1);
    this.putHead(entry);
  }

  /** Takes back what wasn't sent; newest first. */
  recall(): Expected[] {
    const taken: Expected[] = [];
    for (; this.unsent > 0; this.unsent--) {
      const entry = this.pop() as Expected;
      this.#count(entry, -1);
      taken.push(entry);
    }
    return taken;
  }

  #count(entry: Expected, by: 1 | -1): void {
    if (unsettles(entry)) this.#unsettling += by;
    if (stops(entry)) this.#stopping += by;
  }
}
