/** Commands that have others under them, made by the first of these that comes. */

import type { Command } from 'commander';

/** What auditors do. */
export const auditGroup = (program: Command): Command => group(program, 'audit', 'what auditors do with the journal');

export const policyGroup = (program: Command): Command => group(program, 'policy', 'test policies, and learn from what was recorded');

/** Some of them read the journal and need no server, some ask one. */
export const sessionsGroup = (program: Command): Command => group(program, 'sessions', 'agent connections');

function group(program: Command, name: string, description: string): Command {
  return program.commands.find((command) => command.name() === name) ?? program.command(name).description(description);
}
