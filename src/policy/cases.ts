import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config/problems.ts';
import type { Problem } from '../config/problems.ts';
import { shaped } from '../config/shape.ts';
import { YamlSource } from '../config/yaml.ts';
import type { Effect, Facts, StatementFacts } from '../sql/facts.ts';
import { withRows } from './budgets.ts';
import { CaseServers } from './cases-catalog.ts';
import { casesSchema } from './cases-schema.ts';
import type { Case, CasesFile } from './cases-schema.ts';
import type { CompiledPolicy } from './decide.ts';
import { loadPolicy } from './load.ts';
import { said } from './observe.ts';
import type { Subject, Verdict } from './verdict.ts';

export interface CasesResult {
  readonly cases: number;
  /** One problem for each case that came out otherwise, at the case's place. */
  readonly failures: readonly Problem[];
}

/**
 * Judges every case of the files. Rejects with ConfigError (`cases_invalid`, `policy_invalid`) when a file is wrong.
 * @param policy takes the place of the files' own `policy`.
 */
export async function runCases(files: readonly string[], policy?: CompiledPolicy): Promise<CasesResult> {
  const results: CasesResult[] = [];
  for (const file of files) results.push(await runFile(file, policy));
  return { cases: results.reduce((sum, result) => sum + result.cases, 0), failures: results.flatMap((result) => result.failures) };
}

async function runFile(file: string, given: CompiledPolicy | undefined): Promise<CasesResult> {
  const { source, shape } = await readCases(file);
  const policy = given ?? (await ownPolicy(file, shape, source));
  const servers = new CaseServers(shape.tables);
  const failures: Problem[] = [];
  for (const [index, one] of shape.cases.entries()) {
    const message = await judge(one, policy, servers);
    if (message !== undefined) failures.push(source.at(['cases', index], message));
  }
  return { cases: shape.cases.length, failures };
}

async function readCases(file: string): Promise<{ source: YamlSource; shape: CasesFile }> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError('cases_invalid', [{ file, line: 1, column: 1, message: `the file can't be read: ${(error as Error).message}` }], { cause: error });
  });
  const source = new YamlSource(file, text);
  const problems: Problem[] = [];
  const shape = shaped(casesSchema, source, problems);
  if (shape === undefined) throw new ConfigError('cases_invalid', problems);
  return { source, shape };
}

function ownPolicy(file: string, shape: CasesFile, source: YamlSource): Promise<CompiledPolicy> {
  if (shape.policy === undefined) throw new ConfigError('cases_invalid', [source.at([], 'no policy to test: name it by policy: [FILE] here or by --policy FILE')]);
  return loadPolicy(shape.policy.map((path) => resolve(dirname(file), path)));
}

/** What came out otherwise, in a sentence; undefined when it is as expected. */
async function judge(one: Case, policy: CompiledPolicy, servers: CaseServers): Promise<string | undefined> {
  const facts = one.sql === undefined ? factsOf(one.facts ?? NO_FACTS) : await factsAt(servers, one, one.sql);
  const verdict = withRows(said(policy.decide(facts, subjectOf(one))), one.rows ?? 0);
  const right = verdict.action === one.expect && (one.rule === undefined || verdict.rule === one.rule || verdict.matched.includes(one.rule));
  return right ? undefined : difference(one, verdict, facts);
}

async function factsAt(servers: CaseServers, { protocol, database }: Case, sql: string): Promise<Facts> {
  const understanding = await servers.understanding(protocol, database ?? DATABASE);
  return understanding.facts(sql);
}

const DATABASE = 'shop';

function difference(one: Case, verdict: Verdict, facts: Facts): string {
  const called = one.name ?? one.sql?.replaceAll(/\s+/g, ' ').slice(0, 60) ?? 'facts';
  const wanted = one.rule === undefined ? one.expect : `${one.expect} by ${one.rule}`;
  const effects = facts.effects.map((use) => use.effect).join(', ');
  return `${called}: expected ${wanted}, but got ${verdict.action} by ${verdict.rule} (${verdict.reason}; effects: ${effects === '' ? 'none' : effects})`;
}

function subjectOf(one: Case): Subject {
  return {
    agent: { name: one.agent ?? 'agent', owner: one.owner ?? 'owner@example.com', groups: one.groups ?? [] },
    database: { name: one.database ?? DATABASE, protocol: one.protocol },
    text: one.sql ?? '',
    transaction: { open: one.transaction_age !== undefined, ageMs: one.transaction_age ?? 0 },
    ...(one.estimated_rows !== undefined && { estimatedRows: one.estimated_rows }),
    // A working day at noon, unless the case is about time.
    now: new Date(one.now ?? '2026-05-04T12:00:00Z'),
  };
}

type GivenFacts = NonNullable<Case['facts']>;

const NO_FACTS: GivenFacts = { kind: '', effects: [], tables: [], unbounded: false };

function factsOf({ kind, effects, tables, unbounded, doubt, refused }: GivenFacts): Facts {
  const uses = effects.map((written) => {
    const [effect = '', ...object] = written.split(' ');
    return { effect: effect as Effect, objects: object.length === 0 ? [] : [object.join(' ')] };
  });
  const statement: StatementFacts = { kind, start: 0, end: 0, effects: uses, tables, unbounded, settings: [], names: [] };
  return {
    statements: doubt === undefined ? [statement] : [],
    effects: uses, tables, unbounded, unresolved: false, integersFree: true,
    ...(doubt !== undefined && { doubt }),
    ...(refused !== undefined && { refused }),
  };
}
