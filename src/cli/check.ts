import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { name } from '../config/fields.ts';
import { loadConfig } from '../config/load.ts';
import { policyContext } from '../config/policy-context.ts';
import { ConfigError } from '../config/problems.ts';
import { detectProblems, sensitiveProblems } from '../masking/problems.ts';
import type { CompiledPolicy } from '../policy/decide.ts';
import { loadPolicy } from '../policy/load.ts';
import { policyWarnings } from '../policy/warnings.ts';
import { counted } from './counted.ts';
import { lookAt } from './look.ts';
import type { Looked } from './look.ts';

/**
 * `countersign check --config FILE`: reads configuration and policies as `serve` would, looks for sensitive columns in the databases, prints every
 * problem or a summary, exits with 1 or 0.
 */
export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('Check the configuration and the policies that it names.')
    .requiredOption('--config <file>', 'the configuration, countersign.yaml')
    .option('--strict', 'fail, too, when a database can\'t be reached or a sensitive column is in none of them')
    .option('--json', 'print the result as JSON')
    .action(async (options: { config: string; json?: true; strict?: true }) => {
      process.exitCode = await check(options.config, options, (line) => console.log(line));
    });
}

/** Told as problems, of the configuration's files or of what they mean in the databases. */
interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly readable: Looked['readable'];
}

export async function check(file: string, options: { readonly json?: true; readonly strict?: true }, print: (line: string) => void): Promise<0 | 1> {
  try {
    const config = await loadConfig(file);
    const policy = await loadPolicy(config.policies, policyContext(config));
    const found = await findings(config, policy, options.strict === true);
    const wrong = found.problems.length > 0;
    if (options.json === true) print(JSON.stringify({ problems: found.problems.map((message) => ({ message })), warnings: found.warnings, policy: policy.version, readable: found.readable }, undefined, 2));
    else if (wrong) print([...found.problems, ...found.warnings.map(warned), `${counted(found.problems.length, 'problem')}.`].join('\n'));
    else print(summary(config, policy, found).join('\n'));
    return wrong ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(options.json === true ? JSON.stringify({ problems: error.problems, warnings: [] }, undefined, 2) : `${error.message}\n${counted(error.problems.length, 'problem')}.`);
    return 1;
  }
}

/** Databases are asked only when the policy masks something, or names columns in which it looks for something. */
async function findings(config: Config, policy: CompiledPolicy, strict: boolean): Promise<Findings> {
  const plain = warnings(config, policy);
  if (policy.model.sensitive.length === 0 && policy.model.detect.every(({ columns }) => columns === undefined)) return { problems: [], warnings: plain, readable: [] };
  const looked = await lookAt(config, policy.model);
  const complete = looked.unreachable.length === 0;
  const found = [...sensitiveProblems(policy.model, looked.databases, complete), ...detectProblems(policy.model, looked.databases, complete)];
  const doubtful = [...looked.unreachable, ...found.filter(({ kind }) => kind === 'nothing').map(({ sentence }) => sentence)];
  const misfits = found.filter(({ kind }) => kind === 'misfit').map(({ sentence }) => sentence);
  return { problems: [...misfits, ...(strict ? doubtful : [])], warnings: [...plain, ...(strict ? [] : doubtful)], readable: looked.readable };
}

function summary(config: Config, policy: CompiledPolicy, found: Findings): string[] {
  const { rules, sensitive, detect } = policy.model;
  return [
    `${config.file} is right:`,
    `  ${counted(config.databases.size, 'database')}: ${[...config.databases.keys()].join(', ')}`,
    `  ${counted(config.agents.size, 'agent')}, ${counted(config.people.length, 'person', 'people')}, ${counted(config.tokens.length, 'API token')}`,
    `  ${counted(rules.length, 'rule')}, ${counted(sensitive.length, 'set', 'sets')} of sensitive columns${detect.length === 0 ? '' : `, ${counted(detect.length, 'line')} of detectors`}; what no rule covers ${policy.observes ? 'would be' : 'is'} ${policy.model.fallback === 'hold' ? 'held' : 'denied'}`,
    `  policy ${policy.version}`,
    ...found.warnings.map(warned),
    ...found.readable.flatMap(backstop),
  ];
}

const warned = (warning: string): string => `Warning: ${warning}`;

function backstop({ database, relation, columns, statements, needed, wider }: Looked['readable'][number]): string[] {
  const some = needed.length === 0 ? '' : ` (but the ${needed.length === 1 ? 'mask' : 'masks'} of ${needed.join(', ')} ${needed.length === 1 ? 'needs' : 'need'} the values, or whether there are any; null, and redact or constant with hide_nulls: true, don't)`;
  return [`Note: ${database}: the proxy's account can read ${columns.join(', ')} of ${relation}. With these it can't, and the database itself keeps them${some}:`, ...statements.map((statement) => `  ${statement}`),
    ...(wider === undefined ? [] : [`  They aren't enough, because the account ${wider}: take that from it first, or give the proxy another account.`])];
}

/** What is right but perhaps not meant. */
function warnings(config: Config, policy: CompiledPolicy): string[] {
  const found: string[] = [];
  for (const database of config.databases.values()) {
    if (database.tls.mode !== 'verify-full' && !isLocal(database.upstream.host)) {
      found.push(`${database.name}: the connection to ${database.upstream.host} is ${database.tls.mode === 'disable' ? 'not encrypted' : 'encrypted, but the server isn\'t verified'}; say tls: {}`);
    }
  }
  for (const [what, address] of Object.entries(config.listen)) {
    if (config.tls === undefined && !isLocal(address.host)) found.push(`listen.${what}: agents reach ${address.host} without TLS; say tls: { cert: …, key: … }`);
  }
  if (config.approvals.store.kind === 'memory') found.push('approvals.store is memory: pending requests end with the process, and only one process can run');
  for (const agent of config.agents.values()) if (agent.databases.length === 0) found.push(`agent ${agent.name} may use no database`);
  return [...found, ...identityWarnings(config), ...policyWarnings(policy.model)];
}

function identityWarnings({ identity, agentIssuers }: Config): string[] {
  const found: string[] = [];
  const { roles } = identity ?? {};
  if (roles !== undefined && Object.values(roles).every((groups) => groups.length === 0)) found.push('identity.roles names no groups: whoever signs in and isn\'t among the people has no role');
  for (const group of roles?.approver ?? []) {
    if (!name.safeParse(group).success) found.push(`identity.roles.approver: no policy can name the group ${JSON.stringify(group)}, because a name has only letters, digits, "_", "." and "-"`);
  }
  for (const { issuer, prefix, databases } of agentIssuers) {
    if (prefix === '') found.push(`agent_issuers: agents of ${issuer} have no prefix, so every unknown name is asked for a token`);
    if (databases.length === 0) found.push(`agent_issuers: agents of ${issuer} may use no database`);
  }
  return found;
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
