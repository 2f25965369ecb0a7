import { spawnSync } from 'node:child_process';

/** A Python with these modules, for tests that have what we write read by code that shares nothing with ours; undefined, and said, when the machine has none. */
export function pythonThatHas(modules: string): string | undefined {
  const python = process.env['COUNTERSIGN_TEST_PYTHON'] ?? 'python3';
  if (spawnSync(python, ['-c', `import ${modules}`]).status === 0) return python;
  if ((process.env['COUNTERSIGN_TEST_ALL'] ?? '') !== '') throw new Error(`${python} can't import ${modules}`);
  console.warn(`LEFT OUT, for want of a Python with ${modules} (set COUNTERSIGN_TEST_PYTHON): what reads by it`);
  return undefined;
}
