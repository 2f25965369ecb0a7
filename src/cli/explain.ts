import type { Command } from 'commander';
import type { Config, DatabaseConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { policyContext } from '../config/policy-context.ts';
import { understand } from '../databases.ts';
import type { Agent } from '../identity/agent.ts';
import { SeenServers } from '../mysql/flavour.ts';
import { Detections, linesFor } from '../masking/detectors/detection.ts';
import { Sights } from '../masking/sights.ts';
import { budgetReason } from '../policy/budgets.ts';
import { loadPolicy } from '../policy/load.ts';
import { keptHidden, said } from '../policy/observe.ts';
import type { Policy, Subject, Verdict } from '../policy/verdict.ts';
import { systemClock } from '../runtime/clock.ts';
import { Failure } from '../runtime/failure.ts';
import { veiledVerdict, Veilings } from '../session/veiling.ts';
import { explainFacts, explainSubstitution } from '../sql/explain.ts';
import type { Understanding } from '../sql/facts.ts';

interface Options {
  readonly config: string;
  readonly agent: string;
  readonly database: string;
  readonly json?: true;
}

/** Codes: `unknown_agent`, `unknown_database`. */
export class ExplainError extends Failure {}

/** `countersign explain --config FILE --agent A --database D "SQL"`: what the statement would do and what the policy says, without running it. */
export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('Tell what a statement would do and what the policy says of it; it isn\'t run.')
    .argument('<sql>', 'the statement, or several')
    .requiredOption('--config <file>', 'the configuration, countersign.yaml')
    .requiredOption('--agent <name>', 'the agent that would send it')
    .requiredOption('--database <name>', 'the database it would be sent to')
    .option('--json', 'print the result as JSON')
    .action(async (sql: string, options: Options) => {
      console.log(await explain(sql, options));
    });
}

export async function explain(sql: string, options: Options): Promise<string> {
  const config = await loadConfig(options.config);
  const agent = agentOf(config, options.agent);
  const database = databaseOf(config, options.database);
  const policy = await loadPolicy(config.policies, policyContext(config));
  const understanding = await understand(database, { config, seen: new SeenServers() });
  try {
    return await explained(sql, { understanding, policy, subject: subjectOf(agent, database, sql) }, options.json === true);
  } finally {
    await understanding.close();
  }
}

interface Explaining {
  readonly understanding: Understanding;
  readonly policy: Policy;
  readonly subject: Subject;
}

async function explained(sql: string, { understanding, policy, subject }: Explaining, json: boolean): Promise<string> {
  const facts = await understanding.facts(sql);
  const decided = policy.decide(facts, subject);
  // With a key of nobody's: what is printed here is no secret.
  const sights = new Sights({ protocol: subject.database.protocol, hashKey: Buffer.alloc(32), lineage: (view) => understanding.shows(view) });
  const sight = sights.sight(understanding.catalog, understanding.version, policy, subject.agent, decided.masking);
  const veiling = sight && (await new Veilings(understanding).of(sight, { text: sql, reading: understanding.reading?.(new Map()) }, facts, []));
  const lines = linesFor(policy.detect, subject.agent.groups, subject.database.name);
  const kept = sight === undefined && lines.length === 0 && !policy.masksByRule ? decided : keptHidden(decided, facts);
  const verdict = veiling === undefined ? kept : veiledVerdict(kept, veiling.ruling, policy.terms);
  const searched = new Detections(lines, understanding.catalog, (catalog, patterns) => sights.showing(catalog, patterns)).of(facts)?.untold.names ?? [];
  if (json) return JSON.stringify({ facts, verdict, policy: policy.version, ...(searched.length > 0 && { searched }), ...(veiling?.veil.touches === true && { masking: veiling.substitution }) }, undefined, 2);
  const masks = veiling?.veil.touches === true ? [explainSubstitution(veiling.substitution, sql)] : [];
  const found = searched.length === 0 ? [] : [`values of text are searched, by where they come from, for ${searched.join(', ')}`];
  return [explainFacts(facts, sql), ...masks, ...found, explainVerdict(verdict)].join('\n\n');
}

function agentOf(config: Config, name: string): Agent {
  const agent = config.agents.get(name);
  if (agent === undefined) throw new ExplainError('unknown_agent', `The configuration has no agent ${name}.`, { hint: `It has: ${[...config.agents.keys()].join(', ')}.` });
  return agent;
}

function databaseOf(config: Config, name: string): DatabaseConfig {
  const database = config.databases.get(name);
  if (database === undefined) throw new ExplainError('unknown_database', `The configuration has no database ${name}.`, { hint: `It has: ${[...config.databases.keys()].join(', ')}.` });
  return database;
}

const subjectOf = (agent: Agent, database: DatabaseConfig, text: string): Subject => ({
  agent: { name: agent.name, owner: agent.owner, groups: agent.groups },
  database: { name: database.name, protocol: database.protocol },
  text,
  transaction: { open: false, ageMs: 0 },
  now: new Date(systemClock.now()),
});

function explainVerdict(verdict: Verdict): string {
  const { action, rule, reason, hold, matched } = said(verdict);
  const lines = [`verdict  ${action} (rule ${rule}): ${reason}`];
  if (hold !== undefined) lines.push(`         ${hold.quorum} of ${hold.approvers.join(', ')} within ${hold.withinMs / 1000} s, ${hold.mode}`);
  if (hold?.escalate !== undefined) lines.push(`         also of ${hold.escalate.to.join(', ')} after ${hold.escalate.afterMs / 1000} s`);
  if (hold?.breakGlass !== undefined) lines.push(`         one of ${hold.breakGlass.join(', ')} alone in an emergency`);
  if (verdict.observed !== undefined) lines.push(`         but the policy only observes: it runs${verdict.action === 'mask' ? ', masked' : ''}`);
  for (const budget of verdict.budgets ?? []) lines.push(`         when ${budgetReason(budget)}${budget.observed === true ? ', but only observed' : ''}`);
  if (matched.length > 0) lines.push(`matched  ${matched.join(', ')}`);
  return lines.join('\n');
}
