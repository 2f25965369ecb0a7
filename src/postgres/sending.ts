/** Puts single messages on their way to the server, with what must go before them, and notes what they will be answered with. */

import type { Slices } from '../framing/slices.ts';
import type { Veil } from '../masking/veil.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { type Statement, StatementText } from '../protocol/statement.ts';
import type { Reaction } from './analysis.ts';
import { type Expected, type ExpectedQueue, noProgress } from './expected.ts';
import { fits, preparedOtherwise, textSent } from './forms.ts';
import type { Frame } from './inbox.ts';
import { decodeBind, decodeExecute, decodeParse, decodeTarget, encodeClose, encodeDescribe, encodeParse, encodeQuery } from './messages/extended.ts';
import type { OriginNet } from './origins.ts';
import { type Change, changesOf, type Names } from './prepared.ts';

export class Sending {
  readonly #out: Slices;
  readonly #names: Names;
  readonly #expected: ExpectedQueue;
  readonly #net: OriginNet;
  /** The portal described by the message sent last. */
  #described: Statement | undefined;

  constructor(out: Slices, names: Names, expected: ExpectedQueue, net: OriginNet) {
    this.#out = out;
    this.#names = names;
    this.#expected = expected;
    this.#net = net;
  }

  /** Why the message can't be sent as the names are now at the server. */
  obstacle(reaction: Reaction): Refusal | undefined {
    if (reaction.kind !== 'bind') return undefined;
    const { source, veil } = reaction.change.meaning as Statement;
    if (veil === undefined && !this.#names.veiled) return undefined;
    const prepared = this.#names.atServer(reaction.from);
    return prepared !== undefined && fits(prepared, source, veil) === 'part' ? preparedOtherwise(reaction.from) : undefined;
  }

  send(frame: Frame, reaction: Reaction): Expected | undefined {
    const described = this.#described;
    this.#described = reaction.kind === 'describe' ? reaction.portal : undefined;
    if (reaction.kind === 'bind') this.#renew(frame, reaction.from, reaction.change.meaning as Statement);
    if (reaction.kind === 'describe' && reaction.from !== undefined) this.#restore(frame, reaction.from);
    if (reaction.kind === 'execute' && described !== reaction.statement && this.#net.mustAsk(reaction.statement)) this.#ask(frame, reaction.statement);
    this.#bytes(frame, reaction);
    const expected = this.#expectation(reaction);
    if (expected !== undefined) this.#push(expected);
    return expected;
  }

  /** Something else was sent, or what was sent was taken back. */
  interrupt(): void {
    this.#described = undefined;
  }

  /** It never left. */
  forget(entry: Expected): void {
    if ('change' in entry) this.#names.abandon(entry.change);
    if ('progress' in entry) for (const change of entry.progress.changes.flat()) this.#names.abandon(change);
  }

  #bytes(frame: Frame, reaction: Reaction): void {
    const { bytes, start, end } = frame;
    if (reaction.kind === 'query' && reaction.statement.veil?.form !== undefined) this.#out.add(encodeQuery(reaction.statement.veil.form.text));
    else if (reaction.kind === 'parse' && (reaction.change.meaning as StatementText).veil?.form !== undefined) {
      const source = reaction.change.meaning as StatementText;
      this.#out.add(encodeParse(decodeParse(bytes, start, end).name, textSent(source, source.veil), source.types));
    } else this.#out.range(bytes, start, end);
  }

  #expectation(reaction: Reaction): Expected | undefined {
    switch (reaction.kind) {
      case 'parse': {
        const { veil } = reaction.change.meaning as StatementText;
        return veil === undefined ? reaction : { kind: 'parse', change: { ...reaction.change, veil } };
      }
      case 'bind':
      case 'close':
        return reaction;
      case 'describe':
        return { kind: 'describe', portal: reaction.portal, about: this.#about(reaction.from) };
      case 'sync':
        return SYNC;
      case 'execute':
      case 'query':
        return { kind: reaction.kind, statement: reaction.statement, progress: noProgress(this.#sqlChanges(reaction.statement)) };
      case 'flush':
        return undefined;
    }
  }

  #about(name: string | undefined): { source: StatementText; veil: Veil | undefined } | undefined {
    const prepared = name === undefined || !this.#names.veiled ? undefined : this.#names.atServer(name);
    return prepared?.meaning === undefined ? undefined : { source: prepared.meaning as StatementText, veil: prepared.veil };
  }

  /** Changes to names by SQL commands, announced like those by messages. */
  #sqlChanges(statement: Statement): readonly (readonly Change[])[] {
    if (statement.names.length === 0) return NO_CHANGES;
    const changes = statement.names.map((uses) => changesOf(statement, uses, this.#names.segment, (text) => new StatementText(text)));
    for (const change of changes.flat()) this.#names.begin(change);
    return changes;
  }

  /** The policy or the catalog may have moved since it was prepared: then it is prepared anew, in the form in which it is to run. */
  #renew({ bytes, start, end }: Frame, key: string, { source, veil }: Statement): void {
    if (veil === undefined && !this.#names.veiled) return;
    const prepared = this.#names.atServer(key);
    if (prepared === undefined || fits(prepared, source, veil) !== 'no') return;
    this.#prepareAgain(decodeBind(bytes, start, end).statement, prepared, source, veil);
  }

  /** Our Parse of it failed after our Close had succeeded: the client mustn't find it gone. */
  #restore({ bytes, start, end }: Frame, key: string): void {
    const prepared = this.#names.veiled ? this.#names.atServer(key) : undefined;
    if (prepared?.absent !== true) return;
    const source = prepared.meaning as StatementText;
    this.#prepareAgain(decodeTarget(bytes, start, end).name, prepared, source, source.veil);
  }

  #prepareAgain(name: string, { name: key }: Change, source: StatementText, veil: Veil | undefined): void {
    const { segment } = this.#names;
    this.#out.add(encodeClose({ kind: 'statement', name }));
    this.#push({ kind: 'close', own: true, change: { segment, space: 'statement', name: key, meaning: source, absent: true } });
    this.#out.add(encodeParse(name, textSent(source, veil), source.types));
    this.#push({ kind: 'parse', own: true, change: { segment, space: 'statement', name: key, meaning: source, veil } });
  }

  #ask({ bytes, start, end }: Frame, portal: Statement): void {
    this.#out.add(encodeDescribe({ kind: 'portal', name: decodeExecute(bytes, start, end).portal }));
    this.#push({ kind: 'describe', portal, own: true });
  }

  #push(entry: Expected): void {
    if ('change' in entry) this.#names.begin(entry.change);
    this.#expected.push(entry);
  }
}

const NO_CHANGES: readonly (readonly Change[])[] = [];
const SYNC: Expected = { kind: 'sync' };
