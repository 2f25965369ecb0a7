import { type ChildProcess, fork } from 'node:child_process';

/** A process that ends with this one, and keeps it from nothing. It is given none of our environment: it needs no secret. */
export function startChild(program: URL, argument: string): ChildProcess {
  const { SystemRoot } = process.env; // Windows starts nothing without it
  const child = fork(program, [argument], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: SystemRoot === undefined ? {} : { SystemRoot } });
  child.unref();
  child.channel?.unref();
  return child;
}
