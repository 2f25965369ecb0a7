/**
 * What a statement would do and what the policy says of it. Facts of a text are the same everywhere; two things only
 * the session knows are added here: what its names stand for, and which of its own changes the catalog can't show yet.
 */

import type { Agent } from '../identity/agent.ts';
import type { Policy, Subject, Verdict } from '../policy/verdict.ts';
import type { MeaningOfName, NameMeaning, TransactionState } from '../protocol/conversation.ts';
import type { Statement, StatementText } from '../protocol/statement.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Facts, Reading } from '../sql/facts.ts';
import type { Database } from './database.ts';
import { redefines, redefinesItself } from './redefine.ts';
import { mergeFacts, withDynamic, withoutDynamic, withRoutine } from './merge-facts.ts';

export interface Judgement {
  readonly facts: Facts;
  readonly verdict: Verdict;
  /** Version of the policy that judged. */
  readonly policy: string;
}

/** What the session keeps at a statement that runs. */
export interface StatementContext {
  readonly judgement: Judgement;
  readonly request: string | undefined;
}

/** What the judge asks of the session. */
export interface JudgedSession {
  readonly agent: Agent;
  readonly database: Database;
  readonly clock: Clock;
  policy(): Policy;
  prepared(name: string): NameMeaning;
  cursor(name: string): NameMeaning;
  readonly transaction: TransactionState;
  /** Monotonic milliseconds at which the open transaction began. */
  readonly transactionSince: number;
  /** May names of functions, operators, types or views mean something the catalog can't show yet? */
  readonly redefines: boolean;
}

/** Kept at a text: what it was judged to be, for as long as the catalog and the policy stay as they are. */
interface Memo {
  readonly catalog: number;
  readonly judgement: Judgement;
}

/** Judges each by itself, but for what those before it redefine. */
export function judgeAll(session: JudgedSession, statements: readonly Statement[]): readonly Judgement[] | Promise<readonly Judgement[]> {
  const judgements = statements.map((statement) => judge(session, statement));
  if (judgements.some((judgement) => judgement instanceof Promise)) {
    return Promise.all(judgements.map((judgement) => Promise.resolve(judgement))).then((all) => inOrder(session, statements, all));
  }
  return inOrder(session, statements, judgements as Judgement[]);
}

/** They run one after another, and the catalog shows none of what they will have defined by then. */
function inOrder(session: JudgedSession, statements: readonly Statement[], judgements: readonly Judgement[]): readonly Judgement[] {
  const first = judgements.length < 2 ? -1 : judgements.findIndex(({ facts }) => redefines(facts));
  if (first === -1) return judgements;
  return judgements.map((judgement, index) => (index <= first ? judgement : unvetted(session, (statements[index] as Statement).source, judgement.facts)));
}

function unvetted(session: JudgedSession, { text }: StatementText, facts: Facts): Judgement {
  const policy = session.policy();
  const final = withRoutine(facts);
  return { facts: final, verdict: policy.decide(final, subject(session, text)), policy: policy.version };
}

/** Judges a statement. A promise only when something must be waited for: the catalog, or a big statement in the worker. Never rejects. */
function judge(session: JudgedSession, statement: Statement): Judgement | Promise<Judgement> {
  const { understanding, settling } = session.database;
  if (settling !== undefined) return judgeSlowly(session, statement.source);
  const memo = statement.source.memo as Memo | undefined;
  const policy = session.policy();
  if (memo !== undefined && memo.catalog === understanding.version && memo.judgement.policy === policy.version && !session.redefines) return memo.judgement;
  const facts = understanding.facts(statement.source.text, statement.source.reading);
  if (facts instanceof Promise || facts.unresolved || namesOthers(facts)) return judgeSlowly(session, statement.source);
  return remember(session, statement.source, facts, policy);
}

/** Judges several statements that run together as one batch. */
export function judgeTogether(session: JudgedSession, judgements: readonly Judgement[], text: string): Judgement {
  const policy = session.policy();
  const facts = mergeFacts(judgements.map((judgement) => judgement.facts));
  return { facts, verdict: policy.decide(facts, subject(session, text)), policy: policy.version };
}

/**
 * An approval is for what was shown: the same effects on the same objects, under a verdict that lets it pass by now, or
 * still asks the same people.
 */
export function sameRisk(before: Judgement, now: Judgement): boolean {
  if (now.verdict.action === 'deny' || now.verdict.action === 'mask' || now.facts.refused !== undefined) return false;
  if (before.policy !== now.policy && now.verdict.hold !== undefined && asked(before) !== asked(now)) return false;
  return before.facts === now.facts || JSON.stringify([before.facts.effects, before.facts.tables]) === JSON.stringify([now.facts.effects, now.facts.tables]);
}

const asked = ({ verdict: { hold } }: Judgement): string => JSON.stringify([hold?.approvers.toSorted(), hold?.quorum]);

function remember(session: JudgedSession, source: StatementText, facts: Facts, policy: Policy): Judgement {
  if (session.redefines || redefinesItself(facts)) return unvetted(session, source, facts);
  if (policy.volatile) return { facts, verdict: policy.decide(facts, subject(session, source.text)), policy: policy.version };
  const verdicts = session.database.verdicts(session.agent.name, policy.version);
  let verdict = verdicts.get(facts);
  if (verdict === undefined) {
    verdict = policy.decide(facts, subject(session, source.text));
    verdicts.set(facts, verdict);
  }
  const judgement: Judgement = { facts, verdict, policy: policy.version };
  source.memo = { catalog: session.database.understanding.version, judgement } satisfies Memo;
  return judgement;
}

async function judgeSlowly(session: JudgedSession, source: StatementText): Promise<Judgement> {
  const policy = session.policy();
  const facts = await learn(session, source.text, source.reading).catch((error: unknown) => doubtful(error));
  const resolved = namesOthers(facts) ? await resolveNames(session, facts, source.reading) : facts;
  if (resolved === facts) return remember(session, source, facts, policy);
  if (session.redefines || redefinesItself(resolved)) return unvetted(session, source, resolved);
  return { facts: resolved, verdict: policy.decide(resolved, subject(session, source.text)), policy: policy.version };
}

async function learn({ database }: JudgedSession, text: string, reading?: Reading): Promise<Facts> {
  await database.settling;
  const facts = await database.understanding.facts(text, reading);
  if (!facts.unresolved || !(await database.relearn())) return facts;
  return database.understanding.facts(text, reading);
}

function doubtful(error: unknown): Facts {
  const doubt = `the catalog could not be read: ${error instanceof Error ? error.message : String(error)}`;
  return { statements: [], effects: [{ effect: 'unknown', objects: [], because: doubt }], tables: [], unbounded: false, doubt, unresolved: true, integersFree: false };
}

/** An approval covers the run it was given for, as long as that would do the same. */
export function mayContinue(statement: Statement, now: Judgement): boolean {
  if (now.facts.refused !== undefined) return false;
  if (now.verdict.action === 'allow') return true;
  const before = statement.context as StatementContext | undefined;
  return now.verdict.action === 'hold' && before?.request !== undefined && sameRisk(before.judgement, now);
}

const namesOthers = (facts: Facts): boolean => facts.statements.some((statement) => statement.names.some(({ use }) => use === 'execute' || use === 'fetch'));

/** EXECUTE does what was prepared, FETCH what the cursor's statement does: by an earlier statement of the same batch, or of the session. */
async function resolveNames(session: JudgedSession, facts: Facts, reading: Reading | undefined): Promise<Facts> {
  const ahead = new Map<string, MeaningOfName>();
  const declared = new Set<string>();
  const parts: Facts[] = [];
  const known = new Set<string>();
  for (const statement of facts.statements) {
    for (const name of statement.names) {
      if (name.use === 'prepare') ahead.set(name.name, { text: name.text, reading });
      // What a cursor does is in the facts of its DECLARE, which is in this batch.
      if (name.use === 'declare') declared.add(name.name);
      if (name.use !== 'execute' && name.use !== 'fetch') continue;
      const found = await meaning(session, name.use, name.name, ahead, declared);
      parts.push(found ?? withDynamic(statement, `${name.use === 'execute' ? 'prepared statement' : 'cursor'} ${JSON.stringify(name.name)} isn't known to this session`));
      if (found !== undefined) known.add(`${name.use === 'execute' ? 'prepared statement' : 'cursor'} ${name.name}`);
    }
  }
  const own = withoutDynamic(facts, known);
  // What the names stand for is judged as statements beside those of the text: else what one statement of a batch does, and the kind
  // EXECUTE, would hide what another only names.
  return mergeFacts([own, ...parts], { ...own, statements: [...own.statements, ...parts.flatMap((part) => part.statements)] });
}

/** Every text the name may stand for counts: the one prepared earlier in the batch and the session's own. Undefined: it can't be told. */
async function meaning(session: JudgedSession, use: 'execute' | 'fetch', name: string, ahead: ReadonlyMap<string, MeaningOfName>, declared: ReadonlySet<string>, seen: ReadonlySet<string> = new Set()): Promise<Facts | undefined> {
  const own = use === 'execute' ? session.prepared(name) : session.cursor(name);
  const inBatch = use === 'execute' ? ahead.get(name) : undefined;
  const texts = [...(inBatch === undefined ? [] : [inBatch]), ...(typeof own === 'string' ? [] : [own])];
  if (own === 'unsettled' || (texts.length === 0 && !(use === 'fetch' && declared.has(name)))) return undefined;
  const facts = await Promise.all(texts.map(({ text, reading }) => learn(session, text, reading)));
  if (use === 'fetch' && typeof own !== 'string' && (await wasLetThrough(session, own.run, facts))) return NOTHING;
  const further = await Promise.all(facts.map((each) => furtherMeanings(session, each, new Set([...seen, `${use} ${name}`]))));
  return mergeFacts([NOTHING, ...facts, ...further.flat()]);
}

/** FETCH goes on with a run that was judged, and perhaps approved, when its cursor was made: nobody is asked for each portion. */
async function wasLetThrough(session: JudgedSession, run: Statement | undefined, facts: readonly Facts[]): Promise<boolean> {
  if (run === undefined || facts.some(namesOthers)) return false;
  return mayContinue(run, await judge(session, run));
}

/** What the protocol prepared may itself say EXECUTE or FETCH, which the server follows. `seen`: names followed so far, as `execute p`. */
async function furtherMeanings(session: JudgedSession, { statements }: Facts, seen: ReadonlySet<string>): Promise<Facts[]> {
  const found: Facts[] = [];
  for (const statement of statements) {
    for (const name of statement.names) {
      if ((name.use !== 'execute' && name.use !== 'fetch') || seen.has(`${name.use} ${name.name}`)) continue;
      const behind = await meaning(session, name.use, name.name, new Map(), new Set(), seen);
      found.push(behind ?? withDynamic(statement, `${JSON.stringify(name.name)} isn't known to this session`));
    }
  }
  return found;
}

const NOTHING: Facts = { statements: [], effects: [], tables: [], unbounded: false, unresolved: false, integersFree: false };

export function subject({ agent, database, clock, transaction, transactionSince }: JudgedSession, text: string): Subject {
  return {
    agent: { name: agent.name, owner: agent.owner, groups: agent.groups },
    database: { name: database.config.name, protocol: database.config.protocol },
    text, transaction: { open: transaction !== 'idle', ageMs: transaction === 'idle' ? 0 : clock.monotonic() - transactionSince },
    now: new Date(clock.now()),
  };
}
