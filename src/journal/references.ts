import { canonical } from './canonical.ts';
import type { JournalEvent, JournalNote, JournalRecord, StatementEvent } from './events.ts';
import { textHash } from './record.ts';
import type { ParsedRecord } from './scan.ts';

type Judged = Extract<JournalNote, { kind: 'judged' }>;

/** What records of one segment may refer to, so far: large texts, and what statements were judged to be. */
export class References {
  readonly #texts = new Map<string, string>();
  readonly #judged = new Map<number, Judged>();

  /** What others refer to is kept, and is nothing to read by itself. False: it is what others refer to, and wrong. Undefined: it isn't. */
  add(record: ParsedRecord): boolean | undefined {
    if (record.event.kind === 'text') return this.#addText(record.event);
    if (record.event.kind !== 'judged') return undefined;
    this.#judged.set(record.sequence, record.event);
    return true;
  }

  /** The records it stands for; none when others only refer to it, undefined when it, or what it refers to, is wrong or missing. */
  take(record: ParsedRecord): readonly JournalRecord[] | undefined {
    const added = this.add(record);
    if (added === undefined) return this.apart(record);
    return added ? [] : undefined;
  }

  #addText({ sha256, text }: Extract<JournalNote, { kind: 'text' }>): boolean {
    if (typeof text !== 'string' || typeof sha256 !== 'string' || textHash(canonical(text)) !== sha256) return false;
    this.#texts.set(sha256, text);
    return true;
  }

  /** The records it stands for, each whole by itself; undefined when it refers to something that isn't in the segment. */
  apart(record: ParsedRecord): JournalRecord[] | undefined {
    const { sequence, time, event } = record;
    if (event.kind === 'outcomes') return event.ended.map((ended) => ({ sequence, time, event: outcomeOf(ended) }));
    if (event.kind !== 'statements') {
      const whole = this.#whole(event);
      return whole && [{ sequence, time, event: whole }];
    }
    const statements = event.ran.map((ran) => this.#statement(ran));
    if (statements.includes(undefined)) return undefined;
    return statements.map((statement, index) => ({ sequence: sequence + index, time, event: statement as StatementEvent }));
  }

  #statement([session, judged, text, parameters]: Extract<JournalNote, { kind: 'statements' }>['ran'][number]): StatementEvent | undefined {
    const known = this.#judged.get(judged);
    const found = this.#found(text ?? known?.text) as string | undefined;
    if (known === undefined || found === undefined) return undefined;
    const { arrival, effects, observed, policy, rule, statements, tables, verdict } = known;
    return { kind: 'statement', session, arrival, text: found, ...(parameters === undefined ? {} : { parameters }), verdict, rule, effects, tables, statements, policy, fate: 'run', ...(observed && { observed }) };
  }

  #whole(event: JournalRecord['event']): JournalRecord['event'] | undefined {
    const { text, forms } = event as { text?: unknown; forms?: unknown };
    const found = this.#found(text);
    const masked = Array.isArray(forms) ? forms.map((form) => this.#found(form)) : undefined;
    if (found === text && masked === undefined) return event;
    if ((found === undefined && text !== undefined) || masked?.includes(undefined)) return undefined;
    return { ...event, ...(found !== undefined && { text: found }), ...(masked && { forms: masked }) } as JournalRecord['event'];
  }

  /** What it stands for, or itself; undefined when that isn't in the segment. */
  #found(text: unknown): unknown {
    if (typeof text !== 'object' || text === null || !('sha256' in text)) return text;
    return typeof text.sha256 === 'string' ? this.#texts.get(text.sha256) : undefined;
  }
}

function outcomeOf([session, statement, rows, bytes, us, tag]: Extract<JournalNote, { kind: 'outcomes' }>['ended'][number]): JournalEvent {
  return { kind: 'outcome', session, statement, rows, bytes, ms: us / 1000, ...(tag === '' ? {} : { tag }) };
}
