import { globSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError, formatProblem } from '../config/problems.ts';
import { runCases } from '../policy/cases.ts';
import { loadPolicy } from '../policy/load.ts';
import { policyGroup } from './groups.ts';

/** `countersign policy test [FILES] [--policy FILE]`: judges cases, prints those that come out otherwise as file:line:column, exits with 1. */
export function policyTestCommand(program: Command): void {
  policyGroup(program)
    .command('test')
    .description('Judge the statements in files of cases and tell which come out otherwise than expected.')
    .argument('[files...]', 'files of cases (default: policies/cases/*.yaml)')
    .option('--policy <file...>', 'policy files to test in place of those that the files of cases name')
    .option('--json', 'print the result as JSON')
    .action(async (files: readonly string[], options: { policy?: readonly string[]; json?: true }) => {
      process.exitCode = await policyTest(files, options, (line) => console.log(line));
    });
}

export async function policyTest(files: readonly string[], options: { readonly policy?: readonly string[]; readonly json?: true }, print: (line: string) => void): Promise<0 | 1> {
  const chosen = files.length > 0 ? files : globSync('policies/cases/*.{yaml,yml}').toSorted();
  if (chosen.length === 0) {
    print('There are no cases: name files, or put them into policies/cases/.');
    return 1;
  }
  try {
    const { cases, failures } = await runCases(chosen, options.policy === undefined ? undefined : await loadPolicy(options.policy));
    if (options.json === true) print(JSON.stringify({ cases, failures }, undefined, 2));
    else {
      for (const failure of failures) print(formatProblem(failure));
      print(failures.length === 0 ? `${cases} cases came out as expected.` : `${failures.length} of ${cases} cases came out otherwise.`);
    }
    return failures.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(options.json === true ? JSON.stringify({ problems: error.problems }, undefined, 2) : error.message);
    return 1;
  }
}
