import type { Arrival } from '../protocol/statement.ts';
import { canonical } from './canonical.ts';
import type { JournalEvent, StatementEvent } from './events.ts';
import { outcomeJson } from './hot.ts';
import { LARGE_TEXT, textHash } from './record.ts';

/** Adds a record that others of the segment refer to, before them, and gives its sequence number. */
export type AddRecord = (kind: 'text' | 'judged', json: string) => number;

/** How many texts, and how many judgements, are remembered; then all are forgotten, and written again when they come again. */
const REMEMBERED = 2048;

/** Arrivals of statements that are run again and again. */
const PREPARED: ReadonlySet<Arrival> = new Set<Arrival>(['extended', 'com_stmt_execute']);

/** What a `judged` record says. Not the event itself, whose parameters may be large. */
type Judgement = Pick<StatementEvent, 'arrival' | 'effects' | 'observed' | 'policy' | 'rule' | 'statements' | 'tables' | 'verdict'>;

interface Judged {
  readonly from: Judgement;
  /** Sequence number of the `judged` record; 0: there is none yet. */
  number: number;
}

/**
 * What the segment being written holds already and later records only refer to: large texts, and what statements were
 * judged to be. Facts and verdicts are cached and never change, so the same objects come again and again.
 */
export class SegmentMemory {
  readonly #add: AddRecord;
  readonly #texts = new Set<string>();
  /** By effects, which are one object for all that are judged by the same facts: by different rules for different agents. */
  readonly #byEffects = new Map<object, Judged[]>();
  /** By text: prepared statements run again and again. */
  readonly #byText = new Map<string, Judged>();

  constructor(add: AddRecord) {
    this.#add = add;
  }

  /** A new segment, or nobody knows what of this one was written. */
  clear(): void {
    this.#texts.clear();
    this.#byEffects.clear();
    this.#byText.clear();
  }

  /** The text as canonical JSON: itself, or what stands for it. */
  text(text: string): string {
    const json = canonical(text);
    if (text.length <= LARGE_TEXT) return json;
    const sha256 = textHash(json);
    if (!this.#texts.has(sha256)) {
      this.#add('text', `{"kind":"text","sha256":"${sha256}","text":${json}}`);
      this.#texts.add(sha256);
    }
    return `{"sha256":"${sha256}"}`;
  }

  /** The event as canonical JSON, its large texts stored once. */
  json(event: JournalEvent): string {
    if (event.kind === 'outcome') return outcomeJson(event);
    if (event.kind === 'statement' || event.kind === 'prepare') return this.#withTexts(event);
    if (event.kind === 'request.opened') return this.#withTexts(event, event.forms);
    return canonical(event);
  }

  #withTexts(event: JournalEvent & { readonly text: string }, forms?: readonly string[]): string {
    if (event.text.length <= LARGE_TEXT && forms === undefined) return canonical(event);
    const stored = (text: string): unknown => JSON.parse(this.text(text));
    return canonical({ ...event, text: stored(event.text), ...(forms && { forms: forms.map(stored) }) });
  }

  /** Number of the `judged` record and the text (null where that record has it), as the middle of a `ran` entry. */
  judged(event: StatementEvent): string {
    const { text } = event;
    const again = text.length <= LARGE_TEXT && PREPARED.has(event.arrival) ? this.#again(event) : undefined;
    if (again !== undefined) return `${again},null`;
    return `${this.#number(event)},${this.text(text)}`;
  }

  #number(event: StatementEvent): number {
    const alike = this.#byEffects.get(event.effects) ?? [];
    const known = alike.find(({ from }) => sameJudgement(from, event));
    if (known !== undefined) return known.number;
    const number = this.#add('judged', judgedJson(event));
    remember(this.#byEffects, event.effects, [...alike.slice(-15), { from: judgement(event), number }]);
    return number;
  }

  /** The first time a text is only noted: most texts come once. */
  #again(event: StatementEvent): number | undefined {
    const known = this.#byText.get(event.text);
    if (known === undefined || !sameJudgement(known.from, event)) {
      remember(this.#byText, event.text, { from: judgement(event), number: 0 });
      return undefined;
    }
    if (known.number === 0) known.number = this.#add('judged', judgedJson(event, event.text));
    return known.number;
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (map.size >= REMEMBERED) map.clear();
  map.set(key, value);
}

const judgement = ({ arrival, effects, observed, policy, rule, statements, tables, verdict }: StatementEvent): Judgement => ({ arrival, effects, policy, rule, statements, tables, verdict, ...(observed && { observed }) });

const sameJudgement = (a: Judgement, b: Judgement): boolean =>
  a.effects === b.effects && a.tables === b.tables && a.rule === b.rule && a.verdict === b.verdict && a.policy === b.policy && a.arrival === b.arrival && a.observed === b.observed &&
  sameStatements(a.statements, b.statements);

/** Of the same effects and tables, which may be one object for statements of several kinds. */
function sameStatements(a: StatementEvent['statements'], b: StatementEvent['statements']): boolean {
  return a === b || (a.length === b.length && a.every(({ kind, unbounded }, index) => kind === b[index]?.kind && unbounded === b[index].unbounded));
}

function judgedJson(event: StatementEvent, text?: string): string {
  return canonical({ kind: 'judged', ...judgement(event), ...(text === undefined ? {} : { text }) });
}
