/**
 * What a statement would do and what the policy says of it. Facts of a text are the same everywhere; two things only
 * the session knows are added here: what its names stand for, and which of its own changes the catalog can't show yet.
 */

import type { Agent } from '../identity/agent.ts';
import { searchable } from '../masking/detectors/copy-format.ts';
import { showingFunction } from '../masking/system-functions.ts';
import { withoutKeys } from '../masking/keys.ts';
import { keptHidden } from '../policy/observe.ts';
import type { Policy, Subject, Verdict } from '../policy/verdict.ts';
import type { MeaningOfName, NameMeaning, TransactionState } from '../protocol/conversation.ts';
import type { Statement, StatementText } from '../protocol/statement.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Facts, Reading } from '../sql/facts.ts';
import type { Database } from './database.ts';
import { redefines, redefinesItself } from './redefine.ts';
import { whenAll } from './when-all.ts';
import { severest, veiledVerdict, type Veiling } from './veiling.ts';
import { mergeFacts, withDynamic, withoutDynamic, withRoutine } from './merge-facts.ts';

export interface Judgement {
  readonly facts: Facts;
  readonly verdict: Verdict;
  /** Version of the policy that judged. */
  readonly policy: string;
  /** For an agent that sees masks of something in this database. */
  readonly veiling?: Veiling;
  /** Of statements judged together: what runs in each one's place, and the masked columns that they use. */
  readonly forms?: readonly string[];
  /** Runs of cursors that it goes on with. */
  readonly runs?: readonly Statement[];
  readonly masked?: readonly string[];
}

/** May it run without asking anybody? */
export const passes = ({ verdict: { action } }: Judgement): boolean => action === 'allow' || action === 'mask';

/** What the session keeps at a statement that runs. */
export interface StatementContext {
  readonly judgement: Judgement;
  /** By which it, or some of its rows, were released. */
  readonly requests: string[];
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
  /** How the database reads a text sent now, where the text doesn't say so itself. */
  readonly reading: Reading | undefined;
  /** May names of functions, operators, types or views mean something the catalog can't show yet? */
  readonly redefines: boolean;
}

/** Kept at a text: what it was judged to be, for as long as the catalog and the policy stay as they are. */
interface Memo {
  readonly catalog: number;
  readonly reading: Reading | undefined;
  readonly judgement: Judgement;
}

/** What a name that the statement uses stands for. `continued`: it goes on with what was let through already. `ahead`: prepared earlier in the same batch. */
interface Followed extends MeaningOfName {
  readonly continued?: boolean;
  readonly ahead?: boolean;
}

/** Judges each by itself, but for what those before it redefine. */
export function judgeAll(session: JudgedSession, statements: readonly Statement[]): readonly Judgement[] | Promise<readonly Judgement[]> {
  return whenAll(statements.map(({ source }) => judge(session, source)), (judgements) => inOrder(session, statements, judgements));
}

/** They run one after another, and the catalog shows none of what they will have defined by then. */
function inOrder(session: JudgedSession, statements: readonly Statement[], judgements: readonly Judgement[]): readonly Judgement[] {
  const first = judgements.length < 2 ? -1 : judgements.findIndex(({ facts }) => redefines(facts));
  if (first === -1) return judgements;
  return judgements.map((judgement, index) => (index <= first ? judgement : unvetted(session, (statements[index] as Statement).source, judgement)));
}

/** Its functions and views may be others by the time it runs. */
function unvetted(session: JudgedSession, { text }: StatementText, { facts, veiling }: Judgement): Judgement {
  const policy = session.policy();
  const final = withRoutine(facts);
  return judged(final, decide(session, final, text, policy), policy, veiling);
}

function decide(session: JudgedSession, facts: Facts, text: string, policy: Policy): Verdict {
  const verdict = policy.decide(facts, subject(session, text));
  return verdict.observed !== undefined && session.database.hides(session.agent, policy) ? keptHidden(verdict, facts) : verdict;
}

function judged(facts: Facts, verdict: Verdict, policy: Policy, veiling?: Veiling): Judgement {
  if (veiling === undefined) return { facts, verdict, policy: policy.version };
  return { facts, verdict: veiledVerdict(unseenSaid(facts, verdict), veiling.ruling, policy.terms), policy: policy.version, veiling };
}

/** Judges a statement. A promise only when something must be waited for: the catalog, or a big statement in the worker. Never rejects. */
export function judge(session: JudgedSession, source: StatementText): Judgement | Promise<Judgement> {
  const { understanding, settling } = session.database;
  if (settling !== undefined) return judgeSlowly(session, source);
  const memo = source.memo as Memo | undefined;
  const policy = session.policy();
  if (memo !== undefined && stillTrue(session, memo, policy)) return memo.judgement;
  const facts = understanding.facts(source.text, source.reading);
  if (facts instanceof Promise || facts.unresolved || namesOthers(facts)) return judgeSlowly(session, source);
  return remember(session, source, facts, policy);
}

function stillTrue(session: JudgedSession, { catalog, judgement, reading }: Memo, policy: Policy): boolean {
  if (catalog !== session.database.understanding.version || judgement.policy !== policy.version || session.redefines) return false;
  return judgement.veiling === undefined || reading === session.reading;
}

/** Judges several statements that run together as one batch. */
export function judgeTogether(session: JudgedSession, judgements: readonly Judgement[], text: string): Judgement {
  const policy = session.policy();
  const facts = mergeFacts(judgements.map((judgement) => judgement.facts));
  const rulings = judgements.flatMap(({ veiling }) => veiling?.ruling ?? []);
  const verdict = veiledVerdict(decide(session, facts, text, policy), severest(rulings), policy.terms);
  return { facts, verdict, policy: policy.version, forms: judgements.flatMap(formsOf), masked: [...new Set(judgements.flatMap(maskedOf))] };
}

/** The masked columns that it uses in some way, `schema.table.column`. */
export function maskedOf({ masked, veiling }: Judgement): readonly string[] {
  return masked ?? [...new Set(veiling?.substitution.uses.map(({ relation, column }) => `${relation}.${column}`))].toSorted();
}

/** What runs in the place of texts, one an element, as people may see it. */
export function formsOf({ forms, veiling }: Judgement): readonly string[] {
  if (forms !== undefined) return forms;
  return veiling?.veil.form === undefined ? [] : [withoutKeys(veiling.veil.form.text, veiling.veil.sight)];
}

/**
 * An approval is for what was shown: the same effects on the same objects, under a verdict that lets it pass by now, or
 * still asks the same people.
 */
export function sameRisk(before: Judgement, now: Judgement): boolean {
  if (now.verdict.action === 'deny' || now.facts.refused !== undefined) return false;
  if (JSON.stringify(formsOf(before)) !== JSON.stringify(formsOf(now))) return false;
  if (before.policy !== now.policy && now.verdict.hold !== undefined && asked(before) !== asked(now)) return false;
  return before.facts === now.facts || JSON.stringify([before.facts.effects, before.facts.tables]) === JSON.stringify([now.facts.effects, now.facts.tables]);
}

const asked = ({ verdict: { hold } }: Judgement): string => JSON.stringify([hold?.approvers.toSorted(), hold?.quorum, hold?.escalate?.to, hold?.breakGlass]);

function remember(session: JudgedSession, source: StatementText, facts: Facts, policy: Policy): Judgement | Promise<Judgement> {
  if (session.redefines || redefinesItself(facts)) return conclude(session, source, withRoutine(facts), policy);
  if (policy.volatile) return conclude(session, source, facts, policy);
  const verdicts = session.database.verdicts(session.agent, policy.version);
  let verdict = verdicts.get(facts);
  if (verdict === undefined) {
    verdict = decide(session, facts, source.text, policy);
    verdicts.set(facts, verdict);
  }
  const judgement = veil(session, source, facts, verdict, policy);
  if (judgement instanceof Promise) return judgement;
  source.memo = { catalog: session.database.understanding.version, judgement, reading: judgement.veiling === undefined ? undefined : session.reading } satisfies Memo;
  return judgement;
}

function conclude(session: JudgedSession, source: StatementText, facts: Facts, policy: Policy, followed?: readonly Followed[]): Judgement | Promise<Judgement> {
  return veil(session, source, facts, decide(session, facts, source.text, policy), policy, followed);
}

/** Whoever releases code, or text that is run as SQL, for an agent that sees masks must know that no mask reaches into it. */
function unseenSaid({ effects }: Facts, verdict: Verdict): Verdict {
  if (verdict.hold === undefined || !effects.some(({ effect }) => effect === 'routine' || effect === 'dynamic')) return verdict;
  return { ...verdict, reason: `${verdict.reason}; columns are masked for this agent, and what such code reads isn't` };
}

/** For an agent that sees masks of something in this database: what runs in the text's place, and what that makes of the verdict. */
function veil(session: JudgedSession, source: StatementText, facts: Facts, verdict: Verdict, policy: Policy, followed: readonly Followed[] = []): Judgement | Promise<Judgement> {
  const sight = session.database.sight(session.agent, policy, verdict);
  const hidden = unidentified(facts, verdict) ?? (sight && showing(facts));
  if (hidden !== undefined) return judged(facts, { action: 'deny', rule: 'sensitive', reason: hidden, matched: verdict.matched }, policy);
  const unsearched = unsearchable(session, [source, ...followed], facts, policy);
  if (unsearched !== undefined) return judged(facts, { action: 'deny', rule: 'detect', reason: unsearched, matched: verdict.matched }, policy);
  if (sight === undefined) return judged(facts, verdict, policy);
  const named = followed.map((each) => ({ ...each, reading: each.reading ?? session.reading }));
  const veiling = session.database.veilings.of(sight, { text: source.text, reading: source.reading ?? session.reading }, facts, named);
  if (veiling instanceof Promise) return veiling.then((made) => judged(facts, verdict, policy, made));
  return judged(facts, verdict, policy, veiling);
}

/** A table of which columns would be masked, but that the catalog doesn't have, even after it was read again: a temporary one, if any. */
function unidentified({ tables }: Facts, { mask }: Verdict): string | undefined {
  const table = mask === undefined ? undefined : tables.find(({ name, known }) => !known && mask.includes(name));
  return table && `columns of ${table.name} are masked for this agent, and there is no such table in the database's catalog: name it with its schema`;
}

/** What nobody can mask: what the servers' own functions show of statements and tables. */
function showing({ effects }: Facts): string | undefined {
  const name = showingFunction(effects);
  return name && `columns are masked for this agent, and ${name} may show their values, or how they are masked`;
}

/** COPY data in a form in which what is looked for doesn't stand as it does in the values. */
function unsearchable({ database, agent }: JudgedSession, texts: readonly { readonly text: string }[], facts: Facts, policy: Policy): string | undefined {
  if (policy.detect.length === 0 || !facts.statements.some(({ kind }) => kind === 'copy to') || texts.every(({ text }) => searchable(text))) return undefined;
  return database.detection(agent, policy, facts) && 'values are searched for this agent, and COPY with such a DELIMITER, QUOTE or ESCAPE can\'t be: leave them out, or use , ; | or a tab as the delimiter';
}

async function judgeSlowly(session: JudgedSession, source: StatementText): Promise<Judgement> {
  const policy = session.policy();
  const facts = await learn(session, source.text, source.reading).catch((error: unknown) => doubtful(error));
  if (!namesOthers(facts)) return remember(session, source, facts, policy);
  const followed: Followed[] = [];
  const resolved = await resolveNames(session, facts, source.reading, followed);
  const judgement = await conclude(session, source, session.redefines || redefinesItself(resolved) ? withRoutine(resolved) : resolved, policy, followed);
  return { ...judgement, runs: followed.flatMap(({ run }) => run ?? []) };
}

async function learn(session: JudgedSession, text: string, reading?: Reading): Promise<Facts> {
  const { database } = session;
  await database.settling;
  const facts = await database.understanding.facts(text, reading);
  if (!facts.unresolved) return facts;
  const masks = database.sight(session.agent, session.policy()) !== undefined && facts.tables.some(({ known }) => !known);
  if (masks) await database.relearnSurely();
  else if (!(await database.relearn())) return facts;
  return database.understanding.facts(text, reading);
}

function doubtful(error: unknown): Facts {
  const doubt = `the catalog could not be read: ${error instanceof Error ? error.message : String(error)}`;
  return { statements: [], effects: [{ effect: 'unknown', objects: [], because: doubt }], tables: [], unbounded: false, doubt, unresolved: true, integersFree: false };
}

/** An approval covers the run it was given for, as long as that would do the same. */
export function mayContinue(statement: Statement, now: Judgement): boolean {
  if (now.facts.refused !== undefined) return false;
  const before = statement.context as StatementContext | undefined;
  // What it runs as was settled when it began.
  if (JSON.stringify(formsOf(now)) !== JSON.stringify(before === undefined ? [] : formsOf(before.judgement))) return false;
  if (passes(now)) return true;
  return now.verdict.action === 'hold' && before !== undefined && before.requests.length > 0 && sameRisk(before.judgement, now);
}

const namesOthers = (facts: Facts): boolean => facts.statements.some((statement) => statement.names.some(({ use }) => use === 'execute' || use === 'fetch'));

/** EXECUTE does what was prepared, FETCH what the cursor's statement does: by an earlier statement of the same batch, or of the session. */
async function resolveNames(session: JudgedSession, facts: Facts, reading: Reading | undefined, followed: Followed[]): Promise<Facts> {
  const ahead = new Map<string, Followed>();
  const declared = new Set<string>();
  const parts: Facts[] = [];
  const known = new Set<string>();
  for (const statement of facts.statements) {
    for (const name of statement.names) {
      if (name.use === 'prepare') ahead.set(name.name, { text: name.text, reading, ahead: true });
      // What a cursor does is in the facts of its DECLARE, which is in this batch.
      if (name.use === 'declare') declared.add(name.name);
      if (name.use !== 'execute' && name.use !== 'fetch') continue;
      const found = await meaning(session, name.use, name.name, { ahead, declared, seen: new Set(), followed });
      parts.push(found ?? withDynamic(statement, `${name.use === 'execute' ? 'prepared statement' : 'cursor'} ${JSON.stringify(name.name)} isn't known to this session`));
      if (found !== undefined) known.add(`${name.use === 'execute' ? 'prepared statement' : 'cursor'} ${name.name}`);
    }
  }
  const own = withoutDynamic(facts, known);
  // What the names stand for is judged as statements beside those of the text: else what one statement of a batch does, and the kind
  // EXECUTE, would hide what another only names.
  return mergeFacts([own, ...parts], { ...own, statements: [...own.statements, ...parts.flatMap((part) => part.statements)] });
}

/** On the way from name to name. */
interface Way {
  /** What earlier statements of the batch prepare, and which cursors they declare. */
  readonly ahead: ReadonlyMap<string, Followed>;
  readonly declared: ReadonlySet<string>;
  /** Names followed so far, as `execute p`. */
  readonly seen: ReadonlySet<string>;
  /** Gathers what they stand for. */
  readonly followed: Followed[];
}

/** Every text the name may stand for counts: the one prepared earlier in the batch and the session's own. Undefined: it can't be told. */
async function meaning(session: JudgedSession, use: 'execute' | 'fetch', name: string, way: Way): Promise<Facts | undefined> {
  const { ahead, declared, seen, followed } = way;
  const own = use === 'execute' ? session.prepared(name) : session.cursor(name);
  const inBatch = use === 'execute' ? ahead.get(name) : undefined;
  const texts: Followed[] = [...(inBatch === undefined ? [] : [inBatch]), ...(typeof own === 'string' ? [] : [own])];
  if (own === 'unsettled' || (texts.length === 0 && !(use === 'fetch' && declared.has(name)))) return undefined;
  const facts = await Promise.all(texts.map(({ text, reading }) => learn(session, text, reading)));
  const goesOn = use === 'fetch' && typeof own !== 'string' && (await wasLetThrough(session, own.run, facts));
  for (const text of texts) followed.push({ ...text, continued: goesOn });
  if (goesOn) return NOTHING;
  const further = await Promise.all(facts.map((each) => furtherMeanings(session, each, { ...way, seen: new Set([...seen, `${use} ${name}`]) })));
  return mergeFacts([NOTHING, ...facts, ...further.flat()]);
}

/** FETCH goes on with a run that was judged, and perhaps approved, when its cursor was made: nobody is asked for each portion. */
async function wasLetThrough(session: JudgedSession, run: Statement | undefined, facts: readonly Facts[]): Promise<boolean> {
  if (run === undefined || facts.some(namesOthers)) return false;
  return mayContinue(run, await judge(session, run.source));
}

/** What the protocol prepared may itself say EXECUTE or FETCH, which the server follows. */
async function furtherMeanings(session: JudgedSession, { statements }: Facts, way: Way): Promise<Facts[]> {
  const found: Facts[] = [];
  for (const statement of statements) {
    for (const name of statement.names) {
      if ((name.use !== 'execute' && name.use !== 'fetch') || way.seen.has(`${name.use} ${name.name}`)) continue;
      const behind = await meaning(session, name.use, name.name, { ...way, ahead: new Map(), declared: new Set() });
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
