import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

import { expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('guarded-child.ts', import.meta.url));

/** Starts a test run of our own that owns a server, ends it as told, and waits for the server's end. */
async function serverAfter(end: End): Promise<{ dir: string; gone: boolean }> {
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { pid, dir } = JSON.parse(line.toString()) as { pid: number; dir: string };
  expect(alive(pid)).toBe(true);
  end(child);
  await once(child, 'exit');
  const deadline = performance.now() + 15_000;
  while ((alive(pid) || existsSync(dir)) && performance.now() < deadline) await delay(50);
  return { dir, gone: !alive(pid) && !existsSync(dir) };
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

type End = (child: ChildProcess) => unknown;
const ENDS: readonly (readonly [string, End])[] = [
  ['returns without stopping it', (child) => child.stdin?.write('return\n')],
  ['throws', (child) => child.stdin?.write('throw\n')],
  ['is killed', (child) => child.kill('SIGKILL')],
];

test.for(ENDS)('a server and its folder are gone after the process that started it %s', async ([, end]) => {
  expect((await serverAfter(end)).gone).toBe(true);
});
