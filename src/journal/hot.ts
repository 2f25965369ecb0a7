/**
 * The records of every statement, written out by hand: the same text as `canonical` gives (a property test holds them
 * together), in a fifth of the time. Adding a field to the outcome fails to compile until it is here.
 */
import { canonical } from './canonical.ts';
import type { JournalEvent, PlainOutcome } from './events.ts';

type Outcome = Extract<JournalEvent, { kind: 'outcome' }>;

/** The fields written below. A field added to the event and forgotten here doesn't compile. */
export const WRITTEN: Record<keyof Outcome, true> = { bytes: true, error: true, hits: true, kind: true, ms: true, rows: true, session: true, statement: true, tag: true };

/** An entry of a `statements` record. @param judged what SegmentMemory gives */
export function ranJson(session: string, judged: string, values: readonly (string | null)[] | undefined): string {
  return values === undefined ? `[${repeated(session)},${judged}]` : `[${repeated(session)},${judged},${parameters(values)}]`;
}

export function outcomeJson(event: Outcome): string {
  return `{"bytes":${canonical(event.bytes)}${event.error === undefined ? '' : `,"error":${canonical(event.error)}`}${event.hits === undefined ? '' : `,"hits":${canonical(event.hits)}`
  },"kind":"outcome","ms":${canonical(event.ms)},"rows":${canonical(event.rows)},"session":${repeated(event.session)
  },"statement":${canonical(event.statement)}${event.tag === undefined ? '' : `,"tag":${canonical(event.tag)}`}}`;
}

/** An entry of an `outcomes` record. */
export function endedJson([session, statement, rows, bytes, us, tag]: PlainOutcome): string {
  return `[${repeated(session)},${canonical(statement)},${canonical(rows)},${canonical(bytes)},${canonical(us)},${repeated(tag)}]`;
}

function parameters(values: readonly (string | null)[]): string {
  let json = '[';
  for (let i = 0; i < values.length; i++) json += (i === 0 ? '' : ',') + canonical(values[i]);
  return `${json}]`;
}

/** Names of sessions and command tags: few, and each comes many times. */
const names = new Map<string, string>();

function repeated(name: string): string {
  let json = names.get(name);
  if (json !== undefined) return json;
  json = canonical(name);
  if (names.size >= 1024) names.clear();
  names.set(name, json);
  return json;
}
