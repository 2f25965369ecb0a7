/**
 * The two records of every statement, written out by hand: the same text as `canonical` gives (a property test
 * holds them together), in a fifth of the time. Adding a field to either event fails to compile until it is here.
 */
import { canonical } from './canonical.ts';
import type { JournalEvent, PlainOutcome } from './events.ts';

type Statement = Extract<JournalEvent, { kind: 'statement' }>;
type Outcome = Extract<JournalEvent, { kind: 'outcome' }>;

/** The fields written below. A field added to an event and forgotten here doesn't compile. */
export const WRITTEN: { readonly statement: Record<keyof Statement, true>; readonly outcome: Record<keyof Outcome, true> } = {
  statement: {
    arrival: true, code: true, effects: true, fate: true, kind: true, parameters: true, policy: true,
    request: true, rule: true, session: true, tables: true, text: true, verdict: true,
  },
  outcome: { bytes: true, error: true, kind: true, ms: true, rows: true, session: true, statement: true, tag: true },
};

/** @param text the statement's text as canonical JSON: the text itself, or what stands for it. */
export function statementJson(event: Statement, text: string): string {
  const judged = judgement(event);
  return `{"arrival":"${event.arrival}"${event.code === undefined ? '' : `,"code":${canonical(event.code)}`
  },"effects":${judged.effects},"fate":"${event.fate}","kind":"statement"${
    event.parameters === undefined ? '' : `,"parameters":${parameters(event.parameters)}`
  }${judged.policy}${event.request === undefined ? '' : `,"request":${canonical(event.request)}`
  }${judged.rule}${repeated(event.session)}${judged.tables}${text}${judged.verdict}`;
}

/** What a statement was judged to be, as pieces of its record. */
interface Judgement {
  readonly from: Pick<Statement, 'policy' | 'rule' | 'tables' | 'verdict'>;
  readonly effects: string;
  readonly policy: string;
  readonly rule: string;
  readonly tables: string;
  readonly verdict: string;
}

/** Facts and verdicts are cached and never change, so the same come again and again; their texts go when they go. */
const judgements = new WeakMap<object, Judgement>();

function judgement(event: Statement): Judgement {
  const { effects, policy, rule, tables, verdict } = event;
  const known = judgements.get(effects);
  if (known !== undefined && known.from.tables === tables && known.from.rule === rule && known.from.verdict === verdict && known.from.policy === policy) return known;
  const made: Judgement = {
    from: { policy, rule, tables, verdict }, effects: canonical(effects), policy: `,"policy":${canonical(policy)}`,
    rule: `,"rule":${canonical(rule)},"session":`, tables: `,"tables":${canonical(tables)},"text":`, verdict: `,"verdict":"${verdict}"}`,
  };
  judgements.set(effects, made);
  return made;
}

export function outcomeJson(event: Outcome): string {
  return `{"bytes":${canonical(event.bytes)}${event.error === undefined ? '' : `,"error":${canonical(event.error)}`
  },"kind":"outcome","ms":${canonical(event.ms)},"rows":${canonical(event.rows)},"session":${repeated(event.session)
  },"statement":${canonical(event.statement)}${event.tag === undefined ? '' : `,"tag":${canonical(event.tag)}`}}`;
}

export function outcomesJson(ended: readonly PlainOutcome[]): string {
  let json = '';
  for (const [session, statement, rows, bytes, us, tag] of ended) {
    json += `${json === '' ? '' : ','}[${repeated(session)},${canonical(statement)},${canonical(rows)},${canonical(bytes)},${canonical(us)},${repeated(tag)}]`;
  }
  return `{"ended":[${json}],"kind":"outcomes"}`;
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
