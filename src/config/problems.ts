import { Failure } from '../runtime/failure.ts';

/** One thing that is wrong in a file, where, in a sentence. Lines and columns count from 1, as editors do. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `policies/default.yaml:12:5: sentence`, the form that editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}

/** Where it stands in the files decides the order, so that the same mistakes are always told in the same order. */
export function byPlace(a: Problem, b: Problem): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/**
 * What is wrong in configuration or policy files: all of it, never only the first.
 * Codes: `config_invalid`, `policy_invalid`, `cases_invalid`.
 */
export class ConfigError extends Failure {
  readonly problems: readonly Problem[];

  constructor(code: 'config_invalid' | 'policy_invalid' | 'cases_invalid', problems: readonly Problem[], options: { cause?: unknown } = {}) {
    const sorted = [...problems].toSorted(byPlace);
    super(code, sorted.map(formatProblem).join('\n'), { hint: 'Correct the places named; `countersign check` tells whether all is well.', ...options });
    this.problems = sorted;
  }
}
