import type { Command } from 'commander';

/** `countersign audit`, under which the commands of auditors are. */
export function auditGroup(program: Command): Command {
  return program.commands.find((command) => command.name() === 'audit') ?? program.command('audit').description('what auditors do with the journal');
}
