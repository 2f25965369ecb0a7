import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { policyContext } from '../config/policy-context.ts';
import type { CompiledPolicy } from '../policy/decide.ts';
import { loadPolicy } from '../policy/load.ts';
import { Failure } from '../runtime/failure.ts';

/** `countersign policy`, to which its commands add themselves. */
export function policyCommand(program: Command): Command {
  return program.commands.find((command) => command.name() === 'policy') ?? program.command('policy').description('test policies, and learn from what was recorded');
}

/** The policy of these files, or else the configuration's; its names are checked where there is a configuration. Throws Failure. */
export async function chosenPolicy({ policy, config: file }: { readonly policy?: readonly string[]; readonly config?: string }): Promise<CompiledPolicy> {
  const config = file === undefined ? undefined : await loadConfig(file);
  const files = policy ?? config?.policies;
  if (files === undefined) throw new Failure('no_policy', 'Which policy?', { hint: 'Name its files with --policy, or the configuration with --config.' });
  return loadPolicy(files, config && policyContext(config));
}
