/**
 * `when`: a condition in CEL, checked when the policy is loaded.
 *
 * | variable | type |
 * |---|---|
 * | `agent` | `name`, `owner`: string; `groups`: list of strings |
 * | `database` | `name`, `protocol`: string |
 * | `effects`, `tables` | lists of strings, of the whole batch; tables are `schema.name` |
 * | `statement` | `kind`: string (`batch` when there are several), `unbounded`: bool, `text`: string |
 * | `estimated_rows` | int; an error when no estimate was made |
 * | `transaction` | `open`: bool, `age_ms`: int |
 * | `now` | timestamp |
 *
 * Evaluation is bounded: functions are a closed list without splitting and joining, so lists never grow;
 * comprehensions nest at most twice over at most MAX_TABLES elements; `matches` is linear.
 */

import { Environment } from '@marcbachmann/cel-js';
import type { ParseResult } from '@marcbachmann/cel-js';
import { EFFECTS } from '../sql/facts.ts';
import type { Facts } from '../sql/facts.ts';
import { checkTree } from './condition-check.ts';
import { registerFunctions } from './condition-functions.ts';
import type { Subject } from './verdict.ts';

export interface Condition {
  readonly text: string;
  /** It reads the text, the time, the transaction or estimated rows. */
  readonly volatile: boolean;
  /** Undefined: it can't be told (an error while evaluating, or more tables than are looked at). Never throws. */
  holds(values: ConditionValues): boolean | undefined;
}

export type ConditionValues = Readonly<Record<string, unknown>>;

/** Where in the text, UTF-16 offset, and what. */
export interface ConditionProblem {
  readonly offset: number;
  readonly message: string;
}

const MAX_TABLES = 500;
const MAX_CHARACTERS = 4096;

// The library tells types by constructor, so each variable is of a class of its own.
class AgentValue {
  readonly name: string;
  readonly owner: string;
  readonly groups: readonly string[];
  constructor(agent: Subject['agent']) {
    this.name = agent.name;
    this.owner = agent.owner;
    this.groups = agent.groups;
  }
}

class DatabaseValue {
  readonly name: string;
  readonly protocol: string;
  constructor(database: Subject['database']) {
    this.name = database.name;
    this.protocol = database.protocol;
  }
}

class StatementValue {
  readonly kind: string;
  readonly unbounded: boolean;
  readonly text: string;
  constructor(facts: Facts, text: string) {
    this.kind = facts.statements.length === 1 ? (facts.statements[0]?.kind ?? '') : 'batch';
    this.unbounded = facts.unbounded;
    this.text = text;
  }
}

class TransactionValue {
  readonly open: boolean;
  readonly age_ms: bigint;
  constructor(transaction: Subject['transaction']) {
    this.open = transaction.open;
    this.age_ms = BigInt(Math.trunc(transaction.ageMs));
  }
}

const environment = declare();

function declare(): Environment {
  const env = new Environment({ unlistedVariablesAreDyn: false, enableOptionalTypes: false, limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 4 } });
  env
    .registerType('Agent', { ctor: AgentValue, fields: { name: 'string', owner: 'string', groups: 'list<string>' } })
    .registerType('Database', { ctor: DatabaseValue, fields: { name: 'string', protocol: 'string' } })
    .registerType('Statement', { ctor: StatementValue, fields: { kind: 'string', unbounded: 'bool', text: 'string' } })
    .registerType('Transaction', { ctor: TransactionValue, fields: { open: 'bool', age_ms: 'int' } })
    .registerVariable('agent', 'Agent')
    .registerVariable('database', 'Database')
    .registerVariable('statement', 'Statement')
    .registerVariable('transaction', 'Transaction')
    .registerVariable('effects', 'list<string>')
    .registerVariable('tables', 'list<string>')
    .registerVariable('estimated_rows', 'int')
    .registerVariable('now', 'google.protobuf.Timestamp');
  registerFunctions(env);
  return env;
}

/** Everything a condition can look at, made once per decision. */
export function conditionValues(facts: Facts, subject: Subject): ConditionValues {
  return {
    agent: new AgentValue(subject.agent),
    database: new DatabaseValue(subject.database),
    statement: new StatementValue(facts, subject.text),
    transaction: new TransactionValue(subject.transaction),
    effects: facts.effects.map((use) => use.effect),
    tables: facts.tables.map((table) => table.name),
    now: subject.now,
    ...(subject.estimatedRows !== undefined && { estimated_rows: BigInt(Math.trunc(subject.estimatedRows)) }),
  };
}

/** Answers with the problems when the text isn't a condition. */
export function compileCondition(text: string): Condition | readonly ConditionProblem[] {
  if (text.length > MAX_CHARACTERS) return [{ offset: 0, message: `the condition is longer than ${MAX_CHARACTERS} characters` }];
  let program: ParseResult;
  try {
    program = environment.parse(text);
  } catch (error) {
    return [celProblem(error)];
  }
  const tree = checkTree(program.ast, EFFECTS);
  if (tree.problems.length > 0) return tree.problems;
  const result = program.check();
  if (!result.valid) return [celProblem(result.error)];
  if (result.type !== 'bool') return [{ offset: 0, message: `a condition is true or false, but this is of type ${result.type}` }];
  return { text, volatile: tree.volatile, holds: (values) => evaluate(program, values) };
}

function evaluate(program: ParseResult, values: ConditionValues): boolean | undefined {
  try {
    if ((values['tables'] as readonly string[]).length > MAX_TABLES) return undefined;
    const result: unknown = program(values);
    return typeof result === 'boolean' ? result : undefined;
  } catch {
    return undefined;
  }
}

function celProblem(error: unknown): ConditionProblem {
  const { summary, message, range } = error as { summary?: string; message: string; range?: { start: number } };
  const text = summary ?? message;
  return { offset: range?.start ?? 0, message: `in the condition: ${text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}` };
}
