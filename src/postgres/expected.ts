/** The replies that are still to come, as a queue: one entry a message that the server will answer. Pure. */

import { Malformed } from '../framing/malformed.ts';
import { Fifo } from '../protocol/fifo.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { CutOff, Statement, StatementText } from '../protocol/statement.ts';
import type { Veil } from '../masking/veil.ts';
import type { CopyOut } from './copy-out.ts';
import type { Origins } from './origins.ts';
import type { Change } from './prepared.ts';

export type Expected =
  /** `own`: asked by us, so the client hears nothing of it, unless it fails. */
  | { readonly kind: 'parse' | 'bind' | 'close'; readonly change: Change; readonly own?: boolean }
  /** `portal`: what it describes, where that is a portal we know; `about`: of a prepared statement. */
  | { readonly kind: 'describe'; readonly portal?: Statement | undefined; readonly about?: About | undefined; readonly own?: boolean }
  | { readonly kind: 'execute'; readonly statement: Statement; readonly progress: Progress }
  | { readonly kind: 'query'; readonly statement: Statement; readonly progress: Progress }
  | { readonly kind: 'sync' }
  /** A message put in the place of a refused one: the server answers it with an error, which becomes the refusal. */
  | { readonly kind: 'refused_execute' | 'refused_query'; readonly refusal: Refusal; answered: boolean };

/** Rows may come of it. */
export type Running = Extract<Expected, { kind: 'execute' | 'query' }>;

export const isRunning = (head: Expected | undefined): head is Running => head?.kind === 'execute' || head?.kind === 'query';

export function unexpected(type: number, head: Expected | undefined): Malformed {
  return new Malformed(`the database sent ${JSON.stringify(String.fromCharCode(type))} where ${head?.kind ?? 'nothing'} was to be answered`);
}

/** What has come of a statement so far. */
export interface Progress {
  /** Nothing of its rows goes on any more. */
  cut?: CutOff;
  /** Commands of the batch that are complete. */
  completed: number;
  rows: number;
  bytes: number;
  /** Is the server reading COPY data from the client? */
  copying: boolean;
  /** Nothing more will come of it. */
  over: boolean;
  tag?: string;
  error?: { readonly code: string; readonly message: string };
  /** Of the rows that are coming, where somebody sees only masks. */
  origins?: Origins | undefined;
  /** Of the COPY data that is coming, where something is looked for in it. */
  copyOut?: CopyOut | undefined;
  /** Changes to names by SQL commands of the batch, by the command's place in it. */
  readonly changes: readonly (readonly Change[])[];
}

export const noProgress = (changes: readonly (readonly Change[])[] = []): Progress => ({ completed: 0, rows: 0, bytes: 0, copying: false, over: false, changes });

/** A text that the server reads, and how it was sent. */
export interface About {
  readonly source: StatementText;
  readonly veil: Veil | undefined;
}

/** Of which text a reply speaks: of an error, for example. */
export function aboutOf(entry: Expected | undefined): About | undefined {
  switch (entry?.kind) {
    case 'parse':
      return { source: entry.change.meaning as StatementText, veil: entry.change.veil };
    case 'bind':
      return entry.change.meaning as Statement;
    case 'execute':
    case 'query':
      return entry.statement;
    case 'describe':
      return entry.portal ?? entry.about;
    case 'close':
    case 'sync':
    case 'refused_execute':
    case 'refused_query':
    case undefined:
      return undefined;
  }
}

export class ExpectedQueue extends Fifo<Expected> {
  /** Statements the server hasn't answered in full, oldest first. */
  statements(): Statement[] {
    return this.all().flatMap((entry) => ('statement' in entry ? [entry.statement] : []));
  }

  /** Takes entries off the end until `length` are left; newest first. */
  truncate(length: number): Expected[] {
    const taken: Expected[] = [];
    while (this.length > length) taken.push(this.pop() as Expected);
    return taken;
  }
}
