import { canonical } from '../canonical.ts';
import type { JournalEvent, JournalNote } from '../events.ts';
import type { ParsedRecord } from '../scan.ts';

type Event = JournalEvent | JournalNote;

/** Which leaves belong to a proof: whose session it was, what was asked about it, what people said, what came of it. */
export class Related {
  readonly #subject: number;
  readonly #request: string | undefined;
  readonly #session: string | undefined;
  /** Sequence numbers of those whose outcomes belong to it, too. */
  readonly #statements: Set<number>;

  constructor(subject: number, { session, request, statement }: About) {
    this.#subject = subject;
    this.#session = session;
    this.#request = request;
    this.#statements = new Set(statement === undefined ? [] : [statement]);
  }

  /** A record that has none of these in its JSON isn't related. */
  get marks(): readonly Buffer[] {
    return [this.#session, this.#request].flatMap((name) => (name === undefined ? [] : [Buffer.from(canonical(name))]));
  }

  /** Asked in the order of the records. @param index of the leaf in its record */
  has({ event, sequence }: ParsedRecord, index: number): boolean {
    const number = event.kind === 'statements' ? sequence + index : sequence;
    const wanted = number === this.#subject || this.#told(event, index);
    if (wanted && event.kind === 'statement') this.#statements.add(sequence);
    return wanted;
  }

  #told(event: Event, index: number): boolean {
    if (event.kind === 'session.start') return event.session === this.#session;
    if (event.kind === 'outcomes') return this.#statements.has(event.ended[index]?.[1] ?? 0);
    if (event.kind === 'outcome' || event.kind === 'continue') return this.#statements.has(event.statement);
    return 'request' in event && event.request !== undefined && event.request === this.#request;
  }
}

export interface About {
  readonly session?: string;
  readonly request?: string;
  /** Sequence number of the statement's record. */
  readonly statement?: number;
}

/** What a record is about. @param number the subject's */
export function about({ event, sequence }: ParsedRecord, number: number): About {
  if (event.kind === 'statements') return { session: event.ran[number - sequence]?.[0] ?? '', statement: number };
  const { session, request, statement } = event as About;
  const itself = event.kind === 'statement' ? number : statement;
  return { ...(session !== undefined && { session }), ...(request !== undefined && { request }), ...(itself !== undefined && { statement: itself }) };
}

/** Other records of the segment that a leaf can't be read without: numbers of `judged` ones, hashes of texts. */
export function references({ event }: ParsedRecord, index: number): { readonly judged?: number; readonly texts: readonly string[] } {
  if (event.kind === 'statements') {
    const [, judged, text] = event.ran[index] ?? [];
    return { ...(judged !== undefined && { judged }), texts: hashes([text]) };
  }
  const { text, forms } = event as { text?: unknown; forms?: readonly unknown[] };
  return { texts: hashes([text, ...(forms ?? [])]) };
}

const hashes = (texts: readonly unknown[]): string[] =>
  texts.flatMap((text) => (typeof text === 'object' && text !== null && 'sha256' in text ? [String(text.sha256)] : []));
