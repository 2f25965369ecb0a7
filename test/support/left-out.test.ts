import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { LeftOut } from './left-out.ts';

/** As seen by a user whose PATH holds no server and who isn't root. */
function asked(environment: Record<string, string>): LeftOut {
  const root = join(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'cs-path-'));
  const code = `process.getuid = () => 1000; const { leftOut } = await import(${JSON.stringify(join(import.meta.dirname, 'left-out.ts'))}); console.log(JSON.stringify(leftOut(${JSON.stringify(root)})));`;
  try {
    return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env: { PATH: folder, ...environment } })) as LeftOut;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without a Redis the files that need one are left out, by name', () => {
  const { files, line } = asked({});
  expect(files).toContain('test/support/redis.test.ts');
  expect(files).not.toContain('test/support/fake-clock.test.ts');
  expect(line).toContain('test/support/redis.test.ts');
});

test.for([{ COUNTERSIGN_TEST_ALL: '1' }, { COUNTERSIGN_TEST_REDIS: 'redis://elsewhere' }])('with %o nothing is', (environment) => {
  expect(asked(environment)).toEqual({ files: [], line: '' });
});
