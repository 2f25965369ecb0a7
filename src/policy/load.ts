import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SearchedColumns } from '../masking/detectors/searched.ts';
import { ConfigError } from '../config/problems.ts';
import type { Problem } from '../config/problems.ts';
import { shaped } from '../config/shape.ts';
import { YamlSource } from '../config/yaml.ts';
import { checkFile } from './check.ts';
import { compileCondition } from './condition.ts';
import type { Condition } from './condition.ts';
import type { PolicyContext } from './context.ts';
import { CompiledPolicy } from './decide.ts';
import type { Rule, SensitiveColumns } from './model.ts';
import { policySchema } from './schema.ts';
import type { PolicyFile, RuleShape } from './schema.ts';
import type { HoldTerms } from './verdict.ts';

export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

const DEFAULT_WITHIN_MS = 900_000;

/**
 * Reads policy files as one policy. Rejects with ConfigError (`policy_invalid`) carrying every problem with its place.
 * @param context names that exist; without it names aren't checked.
 */
export async function loadPolicy(files: readonly string[], context?: PolicyContext): Promise<CompiledPolicy> {
  return policyFrom(await Promise.all(files.map(readText)), context);
}

async function readText(file: string): Promise<PolicyText> {
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
  } catch (error) {
    const message = error instanceof TypeError ? 'the file isn\'t UTF-8' : `the file can't be read: ${(error as Error).message}`;
    throw new ConfigError('policy_invalid', [{ file, line: 1, column: 1, message }], { cause: error });
  }
}

/** The same from texts at hand. */
export function policyFrom(texts: readonly PolicyText[], context?: PolicyContext): CompiledPolicy {
  const problems: Problem[] = [];
  const files = texts.flatMap(({ file, text }) => {
    const source = new YamlSource(file, text);
    const shape = shaped(policySchema, source, problems);
    return shape === undefined ? [] : [{ source, shape }];
  });
  for (const { source, shape } of files) checkFile(shape, context, (path, message) => void problems.push(source.at(path, message)));
  checkTogether(files, problems);
  const hold = fallbackTerms(files, context, problems);
  const rules = files.flatMap(({ source, shape }) => shape.rules.map((rule, index) => ruleOf(rule, index, source, hold, problems)));
  if (problems.length > 0) throw new ConfigError('policy_invalid', problems);
  return new CompiledPolicy({
    version: versionOf(texts),
    observes: files.some(({ shape }) => shape.mode === 'observe'),
    fallback: files.some(({ shape }) => shape.default === 'deny') ? 'deny' : 'hold',
    hold,
    sensitive: files.flatMap(({ shape }) => shape.sensitive.map(sensitiveOf)),
    detect: files.flatMap(({ shape }) => shape.detect.map(searchedOf)),
    rules: rules.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  });
}

interface ReadFile {
  readonly source: YamlSource;
  readonly shape: PolicyFile;
}

/** Independent of the files' names and order: the hash over the sorted hashes of their contents. */
function versionOf(texts: readonly PolicyText[]): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return hash(texts.map(({ text }) => hash(text)).toSorted().join('\n'));
}

/** Rule names and `holds` are there once over all files. */
function checkTogether(files: readonly ReadFile[], problems: Problem[]): void {
  checkModes(files, problems);
  const seen = new Map<string, string>();
  let holds: string | undefined;
  for (const { source, shape } of files) {
    for (const [index, rule] of shape.rules.entries()) {
      const before = seen.get(rule.name);
      if (before !== undefined) problems.push(source.at(['rules', index, 'name'], `there is another rule named "${rule.name}" at ${before}`));
      else seen.set(rule.name, `${source.file}:${source.line(['rules', index])}`);
    }
    if (shape.holds === undefined) continue;
    if (holds !== undefined) problems.push(source.at(['holds'], `${holds} has holds already; only one file may`));
    holds = source.file;
  }
}

/** A rule in one file allows what the default of another holds, so no file can observe by itself: either guess at what is meant would surprise somebody. */
function checkModes(files: readonly ReadFile[], problems: Problem[]): void {
  const enforced = files.find(({ shape }) => shape.mode === 'enforce');
  if (enforced === undefined) return;
  for (const { source, shape } of files) {
    if (shape.mode === 'observe') problems.push(source.at(['mode'], `either all policy files observe or none, and ${enforced.source.file} doesn't; try a single file by \`countersign policy replay\``));
  }
}

/**
 * Terms of holds whose rule names none. Without `holds.approvers` every group with an approver may decide; without a
 * configuration (nothing is held for real then) every group that some rule names, or one that stands for them.
 */
function fallbackTerms(files: readonly ReadFile[], context: PolicyContext | undefined, problems: Problem[]): HoldTerms {
  const given = files.find(({ shape }) => shape.holds !== undefined)?.shape.holds;
  const named = files.flatMap(({ shape }) => shape.rules.flatMap((rule) => rule.approvers ?? []));
  const known = context === undefined ? (named.length > 0 ? named : ['approvers']) : [...context.approvers].filter(([, count]) => count > 0).map(([group]) => group);
  const approvers = [...new Set(given?.approvers ?? known)].toSorted();
  const [first] = files;
  if (approvers.length === 0 && first !== undefined) {
    problems.push(first.source.at([], 'nobody may release what is held: no person in the configuration has the role approver and a group'));
  }
  return {
    approvers,
    quorum: given?.quorum ?? 1,
    withinMs: given?.within ?? context?.withinMs ?? DEFAULT_WITHIN_MS,
    mode: given?.mode ?? 'inline',
    ...(given?.channel !== undefined && { channel: given.channel }),
    ...moreTerms(given?.escalate, given?.break_glass),
  };
}

function moreTerms(escalate: RuleShape['escalate'], breakGlass: RuleShape['break_glass']): Pick<HoldTerms, 'escalate' | 'breakGlass'> {
  return {
    ...(escalate !== undefined && { escalate: { to: [...new Set(escalate.to)].toSorted(), afterMs: escalate.after } }),
    ...(breakGlass !== undefined && { breakGlass: [...new Set(breakGlass)].toSorted() }),
  };
}

function ruleOf(shape: RuleShape, index: number, source: YamlSource, fallback: HoldTerms, problems: Problem[]): Rule {
  const { approvers, quorum, within, mode, channel, escalate, break_glass: breakGlass, rows_over: rowsOver, when, then: action, ...same } = shape;
  const condition = when === undefined ? undefined : conditionOf(when, index, source, problems);
  const shown = channel ?? fallback.channel;
  const hold: HoldTerms = {
    approvers: approvers === undefined ? fallback.approvers : [...new Set(approvers)].toSorted(),
    quorum: quorum ?? fallback.quorum,
    withinMs: within ?? fallback.withinMs,
    mode: mode ?? fallback.mode,
    ...(shown !== undefined && { channel: shown }),
    ...(fallback.escalate !== undefined && { escalate: fallback.escalate }),
    ...(fallback.breakGlass !== undefined && { breakGlass: fallback.breakGlass }),
    ...moreTerms(escalate, breakGlass),
  };
  return {
    ...(same as Omit<Rule, 'action' | 'place'>),
    action,
    ...(rowsOver !== undefined && { rowsOver }),
    ...(condition !== undefined && { when: condition }),
    ...(action === 'hold' && { hold }),
    place: { file: source.file, line: source.line(['rules', index]) },
  };
}

function conditionOf(text: string, index: number, source: YamlSource, problems: Problem[]): Condition | undefined {
  const path = ['rules', index, 'when'];
  const compiled = compileCondition(text);
  if (!Array.isArray(compiled)) return compiled as Condition;
  for (const { offset, message } of compiled) problems.push(source.inside(path, offset, message));
  return undefined;
}

function sensitiveOf({ hide_nulls: hideNulls, value, ...rest }: PolicyFile['sensitive'][number]): SensitiveColumns {
  return { ...rest, hideNulls, ...(value !== undefined && { value }) };
}

function searchedOf({ columns, databases, ...rest }: PolicyFile['detect'][number]): SearchedColumns {
  return { ...rest, ...(columns !== undefined && { columns }), ...(databases !== undefined && { databases }) };
}
