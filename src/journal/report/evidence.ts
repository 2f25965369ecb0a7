import type { JournalRecord } from '../events.ts';

type Event = JournalRecord['event'];
/** Those of a kind, also where the type has several. */
type OneOf<E, K> = E extends { kind: infer Kinds } ? (K extends Kinds ? E : never) : never;
type Of<K extends Event['kind']> = OneOf<Event, K>;

/** What people were asked to release; what isn't known of it was recorded by another process. */
export interface Asked {
  readonly request: string;
  readonly agent?: string;
  readonly database?: string;
  readonly effects?: string;
  readonly text?: string;
}

export interface DecisionRow extends Asked {
  /** ISO, as all times here. */
  readonly time: string;
  readonly decision: 'approve' | 'deny';
  readonly by: string;
  readonly channel: string;
  readonly reason?: string;
  readonly breakGlass: boolean;
  /** Milliseconds since it was opened. */
  readonly took?: number;
}

interface Happened {
  readonly time: string;
  readonly what: string;
  readonly who: string;
  readonly by?: string;
  readonly reason?: string;
}

/** What a period's records say, for a report. */
export interface Evidence {
  /** In force at some time of the period. */
  readonly policies: { readonly version: string; readonly from: string; readonly files: readonly string[] }[];
  readonly decisions: DecisionRow[];
  /** Requests that nobody has released: expired, withdrawn, failed. */
  readonly unreleased: (Asked & { readonly time: string; readonly state: string; readonly reason?: string })[];
  /** Agents frozen and thawed, sign-ins ended. */
  readonly interventions: Happened[];
  /** People and agents who weren't let in. */
  readonly refusals: Happened[];
  /** Times in which nothing could be recorded, or a crash has cut the end off; nothing ran then. */
  readonly gaps: Happened[];
  readonly statements: { ran: number; released: number; refused: number };
}

/** Of a longer text the report has the beginning; the journal has all of it. */
const SHOWN = 400;
const UNRELEASED: ReadonlySet<string> = new Set(['expired', 'withdrawn', 'failed']);

/** Memory for the period's requests and what people did, none for statements. @param records all of the journal: what is decided in the period may have been asked before */
export async function collect(records: AsyncIterable<JournalRecord>, { since = -Infinity, until = Infinity }: { readonly since?: number; readonly until?: number }): Promise<Evidence> {
  const collector = new Collector();
  for await (const record of records) {
    const time = Date.parse(record.time);
    if (time < since) collector.remember(record, time);
    else if (time < until) collector.take(record, time);
  }
  return collector.evidence();
}

type Takers = { readonly [K in Event['kind']]?: (event: Of<K>, time: string, at: number) => void };

class Collector {
  readonly #asked = new Map<string, Asked & { readonly at: number }>();
  #policyBefore: Evidence['policies'][number] | undefined;
  readonly #evidence: Evidence = { policies: [], decisions: [], unreleased: [], interventions: [], refusals: [], gaps: [], statements: { ran: 0, released: 0, refused: 0 } };

  readonly #takers: Takers = {
    statement: (event) => this.#count(event),
    'policy.loaded': (event, time) => this.#evidence.policies.push(policy(event, time)),
    'request.opened': (event, _, at) => this.#asked.set(event.request, { ...asked(event), at }),
    'request.decided': (event, time, at) => this.#evidence.decisions.push(this.#decision(event, time, at)),
    'request.ended': (event, time) => this.#end(event, time),
    'agent.frozen': (event, time) => this.#evidence.interventions.push({ time, what: 'agent frozen', who: event.agent, by: event.by, ...reason(event) }),
    'agent.thawed': (event, time) => this.#evidence.interventions.push({ time, what: 'agent thawed', who: event.agent, by: event.by, ...reason(event) }),
    'person.signed_out': (event, time) => this.#evidence.interventions.push({ time, what: event.signIn === undefined ? 'all sign-ins ended' : 'sign-in ended', who: event.person, by: event.by, ...reason(event) }),
    'person.refused': (event, time) => this.#evidence.refusals.push({ time, what: `sign-in of a person (${event.use})`, who: event.claimed ?? 'not known', reason: event.reason }),
    'login.refused': (event, time) => this.#evidence.refusals.push({ time, what: `login of an agent from ${event.client} to ${event.database}`, who: event.agent, reason: event.code }),
    outage: (event, time) => this.#evidence.gaps.push({ time, what: 'the journal could not be written', who: `since ${event.since}`, reason: event.code }),
    recovered: (event, time) => this.#evidence.gaps.push({ time, what: 'an unfinished record was cut off after a crash', who: event.file, reason: `${event.bytes} bytes` }),
  };

  /** What was before the period and may matter in it. */
  remember({ event, time }: JournalRecord, at: number): void {
    if (event.kind === 'request.opened') this.#asked.set(event.request, { ...asked(event), at });
    if (event.kind === 'policy.loaded') this.#policyBefore = policy(event, time);
  }

  take({ event, time }: JournalRecord, at: number): void {
    (this.#takers[event.kind] as ((event: Event, time: string, at: number) => void) | undefined)?.(event, time, at);
  }

  evidence(): Evidence {
    const { policies } = this.#evidence;
    return { ...this.#evidence, policies: [...(this.#policyBefore === undefined ? [] : [this.#policyBefore]), ...policies] };
  }

  #count({ fate, request }: Of<'statement'>): void {
    const { statements } = this.#evidence;
    if (fate === 'refused') statements.refused += 1;
    else if (request === undefined) statements.ran += 1;
    else statements.released += 1;
  }

  #about(request: string): Asked {
    const { at: _at, ...known } = this.#asked.get(request) ?? { request, at: 0 };
    return known;
  }

  #decision({ request, person, channel, decision, breakGlass, ...event }: Of<'request.decided'>, time: string, at: number): DecisionRow {
    const opened = this.#asked.get(request)?.at;
    return { ...this.#about(request), time, decision, by: person, channel, ...reason(event), breakGlass: breakGlass === true, ...(opened !== undefined && { took: Math.max(0, at - opened) }) };
  }

  #end({ request, state, ...event }: Of<'request.ended'>, time: string): void {
    if (UNRELEASED.has(state)) this.#evidence.unreleased.push({ ...this.#about(request), time, state, ...reason(event) });
  }
}

const reason = (event: { readonly reason?: string }): { readonly reason?: string } => (event.reason === undefined ? {} : { reason: event.reason });

const policy = ({ version, files }: Of<'policy.loaded'>, from: string): Evidence['policies'][number] => ({ version, from, files });

function asked({ request, agent, database, effects, text }: Of<'request.opened'>): Asked {
  const told = effects.map(({ effect, objects }) => [effect, ...objects].join(' ')).join('; ');
  return { request, agent, database, effects: told, text: text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text };
}
