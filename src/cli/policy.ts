import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { policyContext } from '../config/policy-context.ts';
import type { CompiledPolicy } from '../policy/decide.ts';
import { loadPolicy } from '../policy/load.ts';
import { Failure } from '../runtime/failure.ts';
import { policyGroup } from './groups.ts';
import { journalPlace } from './journal-dir.ts';
import { moment } from './moment.ts';

/** Flags of commands that look at what was recorded, with a policy. */
export interface RecordedFlags {
  readonly since: string;
  readonly until?: string;
  readonly policy?: readonly string[];
  readonly dir?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export function recordedCommand(program: Command, name: string, description: string): Command {
  return policyGroup(program).command(name).description(description)
    .requiredOption('--since <time>', 'what was recorded from then on, an ISO time').option('--until <time>', 'and before this one')
    .option('--policy <file...>', 'the policy\'s files (default: those that the configuration names)')
    .option('--dir <dir>', 'the journal\'s directory').option('--config <file>', 'take directory, policy and the names it may use from the configuration')
    .option('--json', 'print JSON');
}

export interface Recorded {
  readonly dir: string;
  readonly policy: CompiledPolicy;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
}

/** What the flags mean. Throws Failure. */
export async function recordedBy(flags: RecordedFlags): Promise<Recorded> {
  const since = moment(flags.since);
  const until = flags.until === undefined ? Infinity : moment(flags.until);
  const policy = await chosenPolicy(flags);
  return { since, until, policy, dir: (await journalPlace(flags)).dir };
}

/** Names are checked where there is a configuration. */
async function chosenPolicy({ policy, config: file }: Pick<RecordedFlags, 'policy' | 'config'>): Promise<CompiledPolicy> {
  const config = file === undefined ? undefined : await loadConfig(file);
  const files = policy ?? config?.policies;
  if (files === undefined) throw new Failure('no_policy', 'Which policy?', { hint: 'Name its files with --policy, or the configuration with --config.' });
  return loadPolicy(files, config && policyContext(config));
}
