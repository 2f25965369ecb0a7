/**
 * A statement that was prepared under other masks than it has to run with now (the policy was reloaded, the catalog has moved) is prepared anew
 * before its execution is sent. Drivers don't prepare again themselves, whatever errno they are told.
 *
 *   [USE its database] --> COM_STMT_PREPARE --> [USE the session's] --> COM_STMT_CLOSE of the old, the execution
 *
 * The number of the new one comes with the server's reply, so the execution waits for that, and all that the client has sent behind it.
 * The client sees nothing of it, and keeps the number it knows. What it was told of parameters and columns must still hold: else, and
 * where it can't be done, it is told to prepare again (ER_NEED_REPREPARE) and what was prepared stays as it was.
 */

import type { Slices } from '../framing/slices.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Statement } from '../protocol/statement.ts';
import type { ExpectedQueue } from './expected.ts';
import { preparedOtherwise } from './forms.ts';
import { Command } from './packets/commands.ts';
import { packetCount, packets } from './packets/frame.ts';
import type { PrepareOk } from './packets/prepare-ok.ts';
import { PacketWriter } from './packets/writer.ts';
import type { AtServer, Prepared } from './prepared.ts';

/** Commands before the execution: each has an answer, of which the client sees nothing. */
export type ReprepareStage = 'use' | 'prepare' | 'back';

export class Reprepare {
  readonly prepared: Prepared;
  readonly statement: Statement;
  /** Of each column, as the new one has it. */
  readonly columns: number[] = [];
  /** Which of the stages is answered last. */
  last: ReprepareStage = 'prepare';
  readonly #send: (id: number) => void;
  #made: AtServer | undefined;
  #refusal: Refusal | undefined;

  /** @param send sends the execution to the statement that has this number at the server */
  constructor(prepared: Prepared, statement: Statement, send: (id: number) => void) {
    this.prepared = prepared;
    this.statement = statement;
    this.#send = send;
  }

  /** @param databases by their names in bytes, where they are two: the one it was prepared in, and the session's */
  begin(payload: Buffer, databases: readonly [own: Buffer, session: Buffer] | undefined, expected: ExpectedQueue, toDatabase: Slices): void {
    const ask = (stage: ReprepareStage, command: Buffer): void => {
      toDatabase.add(packets(0, command));
      expected.push({ kind: 'anew', stage, reprepare: this, sequence: packetCount(command.length), shift: 0 });
    };
    if (databases !== undefined) ask('use', useOf(databases[0]));
    ask('prepare', payload);
    if (databases === undefined) return;
    ask('back', useOf(databases[1]));
    this.last = 'back';
  }

  answered({ statementId, parameters }: PrepareOk): void {
    this.#made = { id: statementId, form: this.statement.veil?.form?.text };
    if (parameters !== this.prepared.parameters) this.fail(preparedOtherwise);
  }

  /** The first reason counts. */
  fail(refusal: Refusal): void {
    this.#refusal ??= refusal;
  }

  /** All stages are answered. Undefined: the execution is on its way. */
  conclude(toDatabase: Slices): Refusal | undefined {
    const { prepared } = this;
    const same = this.columns.length === prepared.columns.length && this.columns.every((type, index) => type === prepared.columns[index]);
    const refusal = this.#refusal ?? (same ? undefined : preparedOtherwise);
    const dropped = refusal === undefined ? prepared.atServer : this.#made;
    if (dropped !== undefined) toDatabase.add(packets(0, new PacketWriter().int1(Command.StmtClose).int4(dropped.id).take()));
    if (refusal !== undefined || this.#made === undefined) return refusal ?? preparedOtherwise;
    prepared.atServer = this.#made;
    this.#send(this.#made.id);
    return undefined;
  }
}

const useOf = (database: Buffer): Buffer => Buffer.concat([Buffer.of(Command.InitDb), database]);
