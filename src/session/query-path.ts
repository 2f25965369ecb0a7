/**
 * The way of a step: classify, decide, record, gate, forward. Read this first.
 *
 * Everything is synchronous as long as nothing must be waited for, so that a statement that is let through costs no
 * promise: its record is appended, its bytes are put behind it, and both leave in the same turn of the event loop.
 */

import type { RequestDraft } from '../approval/request.ts';
import type { JournalEvent } from '../journal/events.ts';
import { said } from '../policy/observe.ts';
import type { HoldTerms } from '../policy/verdict.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Statement, Step } from '../protocol/statement.ts';
import { parameterTexts, transcript } from '../protocol/parameters.ts';
import { commentTags } from '../sql/comment-tags.ts';
import { formsOf, judge, maskedOf, type Judgement, judgeAll, judgeTogether, mayContinue, passes, type StatementContext } from './judge.ts';
import { changedSinceBound, denied, forbidden, notSql } from './refusals.ts';
import type { Cancels } from './parts.ts';
import { runRuling } from './run-ruling.ts';
import type { Session } from './session.ts';
import { traceRefusal } from './traced.ts';
import { traitsOf } from './traits.ts';
import { veiledVerdict } from './veiling.ts';
import { whenAll } from './when-all.ts';

/** In the place of a statement's: the step is refused from its first message on. */
export const WHOLE = -1;

/** What is to be done with a step. `at` is the first statement that doesn't run, or WHOLE. */
export type Ruling =
  | { readonly do: 'run'; readonly judgements: readonly Judgement[] }
  | { readonly do: 'refuse'; readonly at: number; readonly refusal: Refusal; readonly judgements: readonly Judgement[] }
  | CancelRuling
  | { readonly do: 'hold'; readonly judgements: readonly Judgement[]; readonly together: Judgement; readonly terms: HoldTerms };

/** It asks for nothing but the cancelling of a session, which is ours to do. */
export interface CancelRuling {
  readonly do: 'cancel';
  readonly cancels: Cancels;
  readonly judgements: readonly Judgement[];
}

/** Classify and decide. A promise only when a judgement is one. */
export function rule(session: Session, step: Step): Ruling | Promise<Ruling> {
  const { prepares } = step;
  if (prepares.length === 0 || !session.veiled) return ruleVeiled(session, step);
  // What is only prepared goes to the database as it is to run.
  return whenAll(prepares.map(({ source }) => judge(session, source)), (judgements) => {
    for (const [index, { source }] of prepares.entries()) source.veil = judgements[index]?.veiling?.veil;
    return ruleVeiled(session, step);
  });
}

function ruleVeiled(session: Session, step: Step): Ruling | Promise<Ruling> {
  if (step.continues.length > 0) return ruleContinued(session, step);
  const judgements = judgeAll(session, step.statements);
  if (judgements instanceof Promise) return judgements.then((all) => askGrammar(session, step, decide(session, step, all)));
  return askGrammar(session, step, decide(session, step, judgements));
}

/** Nobody should be asked about a slip of the pen: what no grammar takes is answered as the database would. */
function askGrammar(session: Session, step: Step, ruling: Ruling): Ruling | Promise<Ruling> {
  if (ruling.do === 'run' || ruling.do === 'cancel' || (ruling.do === 'refuse' && ruling.refusal.code !== 'denied')) return ruling;
  const { judgements } = ruling;
  const doubted = step.statements[judgements.findIndex(({ facts }) => facts.ungrammatical)];
  if (doubted === undefined) return ruling;
  const at = judgements.findIndex((judgement) => !passes(judgement));
  return session.database.grammar(doubted.source.text).then((error) => (error === undefined ? ruling : { do: 'refuse', at, refusal: notSql(error), judgements }));
}

/** A portal runs when it is executed, and since it was bound the policy, the catalog or what it names may have become another. */
async function ruleContinued(session: Session, step: Step): Promise<Ruling> {
  const [judgements, continued] = await Promise.all([judgeAll(session, step.statements), judgeAll(session, step.continues)]);
  const stopped = stoppedBy(session);
  const changed = step.continues.findIndex((statement, index) => !mayContinue(statement, continued[index] as Judgement));
  const refusal = stopped ?? (changed === -1 ? undefined : changedSinceBound);
  if (refusal !== undefined) return { do: 'refuse', at: WHOLE, refusal, judgements };
  return decide(session, step, judgements, continued);
}

function decide(session: Session, step: Step, judged: readonly Judgement[], continued: readonly Judgement[] = []): Ruling {
  const judgements = judged.some(usesMasked) ? ofThisRun(session, step, judged) : judged;
  const stopped = stoppedBy(session);
  if (stopped !== undefined && step.statements.length > 0) return { do: 'refuse', at: 0, refusal: stopped, judgements };
  const cancels = cancelsOnly(judgements);
  if (cancels !== undefined) return { do: 'cancel', cancels, judgements };
  const at = judgements.findIndex((judgement) => !passes(judgement) || judgement.facts.refused !== undefined);
  const clash = clashOf(session, step, judgements, continued);
  if (clash !== undefined) return { do: 'refuse', at: at === -1 ? clash.at : Math.min(at, clash.at), refusal: clash.refusal, judgements };
  if (at === -1) return step.refusal === undefined ? { do: 'run', judgements } : { do: 'refuse', at: step.statements.length, refusal: step.refusal, judgements };
  // Whatever can't be approved in it refuses the whole: nobody should be asked in vain, and what would need asking mustn't run.
  const refusal = firstRefusal(judgements) ?? step.refusal;
  if (refusal !== undefined) return { do: 'refuse', at, refusal, judgements };
  const only = judgements.length === 1 ? judgements[0] : undefined;
  const together = only ?? judgeTogether(session, judgements, transcript(step.statements));
  const terms = together.verdict.hold;
  if (terms === undefined) return { do: 'refuse', at, refusal: refusalOf(together) ?? denied(together), judgements };
  return { do: 'hold', judgements, together, terms };
}

const usesMasked = ({ veiling }: Judgement): boolean => veiling !== undefined && veiling.substitution.uses.length > 0;

/** With what this run's values, and how often it is asked, make of the verdicts. */
function ofThisRun(session: Session, step: Step, judgements: readonly Judgement[]): readonly Judgement[] {
  return judgements.map((judgement, index) => {
    const { veiling, verdict } = judgement;
    if (veiling === undefined || !passes(judgement)) return judgement;
    const ruling = runRuling(veiling, step.statements[index]?.parameters ?? [], session.agent.name, session.parts.lookups);
    return ruling === undefined ? judgement : { ...judgement, verdict: veiledVerdict(verdict, ruling, session.policy().terms), veiling: { ...veiling, ruling } };
  });
}

function cancelsOnly(judgements: readonly Judgement[]): Cancels | undefined {
  const [only] = judgements;
  if (only === undefined || judgements.length > 1 || only.facts.statements.length > 1 || only.facts.refused !== undefined) return undefined;
  const cancels = only.facts.statements[0]?.cancels;
  return cancels?.connection === undefined ? undefined : { what: cancels.what, connection: cancels.connection };
}

/** What stops this agent, or everybody, whatever the statement. */
function stoppedBy({ parts, agent }: Session): Refusal | undefined {
  return parts.frozen(agent.name) ?? parts.standstill();
}

/** Does the step itself change what a name in it stands for? Hardly ever does a step name anything. */
function clashOf(session: Session, step: Step, judgements: readonly Judgement[], continued: readonly Judgement[]): { readonly at: number; readonly refusal: Refusal } | undefined {
  if (!judgements.some(namesAny) && !continued.some(namesAny)) return undefined;
  const all = [...judgements, ...continued];
  const names = new Map([...step.statements, ...step.continues].map((statement, index) => [statement, traitsOf((all[index] as Judgement).facts).names] as const));
  const found = session.conversation.clash(step, (statement) => names.get(statement) ?? []);
  return found && { at: step.statements.indexOf(found.statement), refusal: found.refusal };
}

function firstRefusal(judgements: readonly Judgement[]): Refusal | undefined {
  for (const judgement of judgements) {
    const refusal = refusalOf(judgement);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf(judgement: Judgement): Refusal | undefined {
  const { facts, verdict } = judgement;
  if (facts.refused !== undefined) return forbidden(judgement, facts.refused);
  if (verdict.action === 'deny') return denied(judgement);
  return undefined;
}

/** Record, for what runs: before the first byte leaves. */
export function recordRun(session: Session, step: Step, judgements: readonly Judgement[], request?: string): void {
  const { journal, clock, metrics } = session.parts;
  for (const { name, source } of step.prepares) {
    // What runs in the same step is on record as what ran.
    if (!step.statements.some((statement) => statement.source.text === source.text)) journal.append({ kind: 'prepare', session: session.id, name, text: source.text });
  }
  for (const statement of step.continues) {
    const facts = (statement.context as StatementContext | undefined)?.judgement.facts;
    if (facts !== undefined) statement.detection = session.database.detection(session.agent, session.policy(), facts);
    journal.append({ kind: 'continue', session: session.id, statement: statement.record });
  }
  for (let index = 0; index < step.statements.length; index++) {
    const statement = step.statements[index] as Statement;
    const judgement = judgements[index] as Judgement;
    const traits = traitsOf(judgement.facts);
    statement.names = traits.names;
    statement.imports = traits.imports;
    statement.after = traits.after;
    statement.sets = traits.sets;
    statement.context = { judgement, requests: request === undefined ? [] : [request] } satisfies StatementContext;
    statement.veil = judgement.veiling?.veil;
    statement.detection = session.database.detection(session.agent, session.policy(), judgement.facts);
    session.rows.watch(statement, judgement);
    if (judgement.veiling !== undefined) session.forms.note(statement.source.text, judgement.veiling);
    statement.startedAt = clock.monotonic();
    statement.record = journal.append(statementRecord(session, statement, judgement, 'run', request));
    metrics.statement(said(judgement.verdict).action, judgement.verdict.observed === undefined || request !== undefined ? 'run' : 'observed');
  }
}

/** Record, for what doesn't. */
export function recordRefusal(session: Session, step: Step, judgements: readonly Judgement[], at: number, refusal: Refusal, request?: string): void {
  const statement = at === WHOLE ? step.continues[0] : step.statements[at];
  const judgement = at === WHOLE ? (statement?.context as StatementContext | undefined)?.judgement : judgements[at];
  if (statement === undefined || judgement === undefined) {
    session.parts.journal.append({ kind: 'refused', session: session.id, code: refusal.code, reason: refusal.message });
    return;
  }
  const record = session.parts.journal.append({ ...statementRecord(session, statement, judgement, 'refused', request), code: refusal.code });
  traceRefusal(session, statement, judgement, record, refusal);
  session.parts.metrics.statement(said(judgement.verdict).action, 'refused');
}

const namesAny = ({ facts }: Judgement): boolean => traitsOf(facts).names.length > 0;

function statementRecord(session: Session, statement: Statement, { facts, verdict, policy }: Judgement, fate: 'run' | 'refused', request?: string): StatementRecord {
  const { action, rule } = said(verdict);
  const record: Mutable<StatementRecord> = {
    kind: 'statement', session: session.id, arrival: statement.arrival, text: statement.source.text,
    verdict: action, rule, effects: facts.effects, tables: facts.tables, statements: traitsOf(facts).recorded, policy, fate,
  };
  if (statement.parameters.length > 0) record.parameters = parameterTexts(statement.parameters);
  if (request !== undefined) record.request = request;
  else if (verdict.observed !== undefined && fate === 'run') record.observed = true;
  return record;
}

type StatementRecord = JournalEvent & { readonly kind: 'statement' };
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What people are asked. */
export function draftRequest(session: Session, statements: readonly Statement[], judgement: Judgement, terms: HoldTerms): Omit<RequestDraft, 'digest'> {
  const { facts, verdict, policy } = judgement;
  const forms = formsOf(judgement);
  const masked = maskedOf(judgement);
  const { clock, config } = session.parts;
  const { agent } = session;
  const open = session.transaction !== 'idle';
  const mode = session.defers ? 'deferred' : terms.mode;
  // Nobody's locks wait for a deferred one: the refusal that says so ends the transaction.
  const withinMs = open && mode === 'inline' ? Math.min(terms.withinMs, config.approvals.withinTransactionMs) : terms.withinMs;
  const now = clock.now();
  const text = transcript(statements);
  const parameters = statements.length === 1 ? parameterTexts(statements[0]?.parameters ?? []) : [];
  return {
    mode,
    agent: { name: agent.name, owner: agent.owner, groups: agent.groups, ...(agent.actsFor === undefined ? {} : { actsFor: agent.actsFor }) },
    database: session.database.config.name, protocol: session.database.config.protocol, session: session.id,
    text,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(forms.length === 0 ? {} : { forms }),
    ...(masked.length === 0 ? {} : { masked }),
    effects: facts.effects, tables: facts.tables, unbounded: facts.unbounded,
    rule: verdict.rule, reason: verdict.reason, policy,
    approvers: terms.approvers, quorum: terms.quorum,
    ...(terms.escalate && { escalation: { approvers: terms.escalate.to, at: now + terms.escalate.afterMs } }), ...(terms.breakGlass && { breakGlass: terms.breakGlass }),
    ...(terms.channel === undefined ? {} : { channel: terms.channel }),
    createdAt: now, expiresAt: now + withinMs,
    transaction: { open, ageMs: open ? Math.round(clock.monotonic() - session.transactionSince) : 0 },
    context: { ...session.context, ...commentTags(text) },
  };
}
