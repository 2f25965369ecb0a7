/** Looks through a condition's tree before it is type-checked: closed lists of functions, literals where they must be, what it reads. */

import type { ASTNode } from '@marcbachmann/cel-js';
import { suggestion } from '../config/nearest.ts';
import type { ConditionProblem } from './condition.ts';
import { patternProblem, REPLACED, zoneProblem } from './condition-functions.ts';

const VARIABLES = ['agent', 'database', 'statement', 'transaction', 'effects', 'tables', 'estimated_rows', 'now'];

const FUNCTIONS = new Set(['has', 'size', 'int', 'double', 'string', 'timestamp', 'duration']);

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const METHODS = new Set([
  ...COMPREHENSIONS, 'size', 'startsWith', 'endsWith', 'contains', 'lowerAscii', 'upperAscii', 'trim', ...REPLACED.keys(), 'getSeconds', 'getMilliseconds',
]);

const MAX_NESTED = 2;

export interface TreeFindings {
  readonly problems: ConditionProblem[];
  volatile: boolean;
}

/** Also renames the calls that condition-functions.ts replaces; the type check that follows resolves the new names. */
export function checkTree(ast: ASTNode, effects: readonly string[]): TreeFindings {
  const findings: TreeFindings = { problems: [], volatile: false };
  visit(ast, { findings, effects, bound: [], nested: 0 });
  return findings;
}

interface Scope {
  readonly findings: TreeFindings;
  readonly effects: readonly string[];
  /** Variables of the comprehensions around. */
  readonly bound: readonly string[];
  readonly nested: number;
}

function visit(node: ASTNode, scope: Scope): void {
  if (node.op === 'id') return variable(node, scope);
  if (node.op === '.') return field(node, scope);
  if (node.op === 'call') return functionCall(node, scope);
  if (node.op === 'rcall') return methodCall(node, scope);
  if (node.op === 'in') effectName(node.args, scope);
  visitAll(node.args, scope);
}

function visitAll(args: unknown, scope: Scope): void {
  if (Array.isArray(args)) for (const arg of args) visitAll(arg, scope);
  else if (typeof args === 'object' && args !== null && 'op' in args) visit(args as ASTNode, scope);
}

function report(scope: Scope, node: ASTNode, message: string): void {
  scope.findings.problems.push({ offset: node.start, message: `in the condition: ${message}` });
}

function variable(node: ASTNode & { readonly op: 'id' }, scope: Scope): void {
  if (scope.bound.includes(node.args)) return;
  if (!VARIABLES.includes(node.args)) report(scope, node, `there is no variable "${node.args}"${suggestion(node.args, VARIABLES)}`);
  // `statement` and `transaction` as wholes, and now and estimated_rows in any way, change while the facts stay the same.
  if (['now', 'estimated_rows', 'transaction', 'statement'].includes(node.args)) scope.findings.volatile = true;
}

function field(node: ASTNode & { readonly op: '.' }, scope: Scope): void {
  const [of, name] = node.args;
  const steady = of.op === 'id' && of.args === 'statement' && (name === 'kind' || name === 'unbounded');
  if (!steady) visit(of, scope);
}

function functionCall(node: ASTNode & { readonly op: 'call' }, scope: Scope): void {
  const [name, args] = node.args;
  if (!FUNCTIONS.has(name)) report(scope, node, `there is no function "${name}"${suggestion(name, FUNCTIONS)}`);
  visitAll(args, scope);
}

function methodCall(node: ASTNode & { readonly op: 'rcall' }, scope: Scope): void {
  const [name, receiver, args] = node.args;
  if (!METHODS.has(name)) report(scope, node, `there is no method "${name}"${suggestion(name, METHODS)}`);
  visit(receiver, scope);
  if (COMPREHENSIONS.has(name)) return comprehension(node, args, scope);
  if (REPLACED.has(name) && args.length === 1) replace(node, name, args, scope);
  visitAll(args, scope);
}

function comprehension(node: ASTNode, args: readonly ASTNode[], scope: Scope): void {
  if (scope.nested >= MAX_NESTED) report(scope, node, `all, exists, map and filter nest at most ${MAX_NESTED} deep`);
  const [over, ...bodies] = args;
  const inner = { ...scope, nested: scope.nested + 1, bound: over?.op === 'id' ? [...scope.bound, over.args] : scope.bound };
  visitAll(bodies, inner);
}

function replace(node: ASTNode & { readonly op: 'rcall' }, name: string, args: readonly ASTNode[], scope: Scope): void {
  const [argument] = args;
  const literal = argument?.op === 'value' && typeof argument.args === 'string' ? argument.args : undefined;
  const wrong = literal === undefined ? `${name} takes a text written in the condition itself` : name === 'matches' ? patternProblem(literal) : zoneProblem(literal);
  if (wrong !== undefined) report(scope, argument ?? node, wrong);
  (node.args as unknown as [string])[0] = REPLACED.get(name) ?? name;
}

/** `"updat" in effects` would be false for ever. */
function effectName([left, right]: readonly [ASTNode, ASTNode], scope: Scope): void {
  if (right.op !== 'id' || right.args !== 'effects' || left.op !== 'value' || typeof left.args !== 'string') return;
  if (!scope.effects.includes(left.args)) report(scope, left, `there is no effect "${left.args}"${suggestion(left.args, scope.effects)}`);
}
