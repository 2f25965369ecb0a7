/** From a part of the conversation to a step: which statements would run, and what the names in it stand for. Pure. */

import { Malformed } from '../framing/malformed.ts';
import { decodeUtf8 } from '../framing/reader.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { Statement, StatementText, type Step } from '../protocol/statement.ts';
import type { Frame, Part } from './inbox.ts';
import { decodeBind, decodeEmpty, decodeExecute, decodeParse, decodeQuery, decodeTarget, type Target } from './messages/extended.ts';
import { Frontend } from './messages/frame.ts';
import { type Change, nameKey, type Names } from './prepared.ts';

/** What the server will answer a frame with, beside the frame itself. */
export type Reaction =
  | { readonly kind: 'parse' | 'close'; readonly change: Change }
  /** `from` is the prepared statement's name. */
  | { readonly kind: 'bind'; readonly change: Change; readonly from: string }
  /** `portal`: what is described, where it is a portal; `from`: the prepared statement's name, where it is one. */
  | { readonly kind: 'describe'; readonly portal?: Statement | undefined; readonly from?: string }
  | { readonly kind: 'sync' | 'flush' }
  | { readonly kind: 'execute'; readonly statement: Statement; readonly portal: string }
  | { readonly kind: 'query'; readonly statement: Statement };

export interface PostgresStep extends Step {
  readonly part: Part;
  /** One a frame of the part. */
  readonly reactions: readonly Reaction[];
  /** Frame at which each statement begins (its Bind, or its Query). */
  readonly places: readonly number[];
  /** Frame at which `refusal` stands. */
  readonly refusalPlace: number;
}

/** A step of nothing but bytes: COPY data, Terminate, what is skipped until Sync. */
export function passingStep(part: Part): PostgresStep {
  return {
    statements: [], prepares: [], continues: [], terminate: part.kind === 'terminate', transient: part.kind === 'data' && !part.owned,
    part, reactions: [], places: [], refusalPlace: 0,
  };
}

export interface AnalysisLimits {
  readonly statementBytes: number;
}

export function analyse(part: Part, names: Names, limits: AnalysisLimits): PostgresStep | 'unsettled' {
  if (part.kind === 'data' || part.kind === 'terminate') return passingStep(part);
  const analysis = new Analysis(names, limits);
  for (const frame of part.frames) {
    if (!analysis.frame(frame)) break;
  }
  return analysis.unsettled ? 'unsettled' : analysis.step(part);
}

class Analysis {
  readonly #names: Names;
  readonly #limits: AnalysisLimits;
  readonly #statements: Statement[] = [];
  readonly #places: number[] = [];
  readonly #reactions: Reaction[] = [];
  /** Changes made by earlier frames of this part, which the names don't know of yet. */
  readonly #ahead: Change[] = [];
  readonly #prepares: { name: string; source: StatementText }[] = [];
  readonly #continues: Statement[] = [];
  #refusal: Refusal | undefined;
  unsettled = false;

  constructor(names: Names, limits: AnalysisLimits) {
    this.#names = names;
    this.#limits = limits;
  }

  step(part: Part): PostgresStep {
    return {
      statements: this.#statements, continues: this.#continues, terminate: false, transient: false,
      prepares: this.#prepares,
      part, reactions: this.#reactions, places: this.#places, refusalPlace: this.#reactions.length,
      ...(this.#refusal === undefined ? {} : { refusal: this.#refusal }),
    };
  }

  /** False when what follows can't be, or needn't be, looked at. */
  frame({ type, bytes, start, end }: Frame): boolean {
    const reaction = this.#react(type, bytes, start, end);
    if (reaction === undefined) return false;
    this.#reactions.push(reaction);
    return true;
  }

  #react(type: number, bytes: Buffer, start: number, end: number): Reaction | undefined {
    switch (type) {
      case Frontend.Query:
        return this.#query(decodeQuery(bytes, start, end));
      case Frontend.Parse:
        return this.#parse(bytes, start, end);
      case Frontend.Bind:
        return this.#bind(bytes, start, end);
      case Frontend.Execute:
        return this.#execute(nameKey(decodeExecute(bytes, start, end).portal));
      case Frontend.Close: {
        const { kind, name } = decodeTarget(bytes, start, end);
        return this.#change('close', { segment: this.#names.segment, space: kind, name: nameKey(name), meaning: undefined });
      }
      case Frontend.Describe:
        return this.#describe(decodeTarget(bytes, start, end));
      case Frontend.Flush:
      case Frontend.Sync:
        decodeEmpty(bytes, start, end);
        return { kind: type === Frontend.Sync ? 'sync' : 'flush' };
      default:
        throw new Malformed(`message type ${type} in a segment`);
    }
  }

  #query(raw: Buffer): Reaction | undefined {
    const text = this.#text(raw);
    if (text === undefined) return undefined;
    const statement = new Statement(new StatementText(text), 'simple');
    this.#run(statement);
    return { kind: 'query', statement };
  }

  #parse(bytes: Buffer, start: number, end: number): Reaction | undefined {
    const { name, text: raw, types } = decodeParse(bytes, start, end);
    const text = this.#text(raw);
    if (text === undefined) return undefined;
    const source = new StatementText(text, types);
    this.#prepares.push({ name, source });
    return this.#change('parse', { segment: this.#names.segment, space: 'statement', name: nameKey(name), meaning: source });
  }

  #bind(bytes: Buffer, start: number, end: number): Reaction | undefined {
    const bind = decodeBind(bytes, start, end);
    const from = nameKey(bind.statement);
    const source = this.#lookup('statement', from);
    if (source === 'unsettled') return this.#wait();
    if (source === 'unknown') return this.#refuse(noStatement(bind.statement));
    const statement = new Statement(source as StatementText, 'extended', bind.values);
    this.#run(statement);
    const change: Change = { segment: this.#names.segment, space: 'portal', name: nameKey(bind.portal), meaning: statement };
    this.#ahead.push(change);
    return { kind: 'bind', change, from };
  }

  #execute(portal: string): Reaction | undefined {
    const statement = this.#lookup('portal', portal);
    if (statement === 'unsettled') return this.#wait();
    if (statement === 'unknown') return this.#refuse(noPortal(portal));
    if (!this.#statements.includes(statement as Statement)) this.#continues.push(statement as Statement);
    return { kind: 'execute', statement: statement as Statement, portal };
  }

  /** It runs nothing: what isn't known is for the server to say. */
  #describe({ kind, name }: Target): Reaction {
    if (kind === 'statement') return { kind: 'describe', from: nameKey(name) };
    const portal = this.#lookup('portal', nameKey(name));
    return { kind: 'describe', portal: portal instanceof Statement ? portal : undefined };
  }

  #run(statement: Statement): void {
    this.#places.push(this.#reactions.length);
    this.#statements.push(statement);
  }

  #change(kind: 'parse' | 'close', change: Change): Reaction {
    this.#ahead.push(change);
    return { kind, change };
  }

  #lookup(space: 'statement' | 'portal', name: string): StatementText | Statement | 'unknown' | 'unsettled' {
    const change = this.#ahead.findLast((candidate) => candidate.space === space && candidate.name === name);
    if (change) return change.meaning ?? 'unknown';
    const found = this.#names.lookup(space, name);
    return typeof found === 'string' ? found : found.meaning;
  }

  #text(raw: Buffer): string | undefined {
    if (raw.length > this.#limits.statementBytes) {
      this.#refusal = {
        code: 'too_large', message: `the statement has ${raw.length} bytes, over the limit of ${this.#limits.statementBytes}`,
        detail: { limit: 'limits.statement', bytes: this.#limits.statementBytes },
        hint: 'Send it in smaller pieces, or pass the data as parameters or by COPY; or raise limits.statement in the proxy\'s configuration.',
      };
      return undefined;
    }
    try {
      return decodeUtf8(raw);
    } catch {
      this.#refusal = { code: 'forbidden', message: 'the statement is not valid UTF-8', hint: 'Send statements in UTF-8; pass binary data as parameters.' };
      return undefined;
    }
  }

  #wait(): undefined {
    this.unsettled = true;
    return undefined;
  }

  #refuse(refusal: Refusal): undefined {
    this.#refusal = refusal;
    return undefined;
  }
}

const noStatement = (name: string): Refusal => ({
  code: 'unknown_statement', message: name === '' ? 'unnamed prepared statement does not exist' : `prepared statement ${JSON.stringify(name)} does not exist`,
  hint: 'Only statements prepared in this session, by the protocol or by PREPARE, can be run.',
});

const noPortal = (name: string): Refusal => ({ code: 'unknown_portal', message: `portal ${JSON.stringify(name)} does not exist` });
