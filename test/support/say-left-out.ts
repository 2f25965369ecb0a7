// vitest's globalSetup: says before and after all tests what this machine leaves out.
import { leftOut } from './left-out.ts';

export default function say(): (() => void) | undefined {
  const { line } = leftOut(process.cwd());
  if (line === '') return undefined;
  console.warn(`\n${line}\n`);
  return () => console.warn(`\n${line}`);
}
