import { Command } from 'commander';

/** One file per command in this folder; each exports a function that adds itself to the program. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('countersign').description('A database proxy for AI agents.');
  await program.parseAsync([...argv]);
}
