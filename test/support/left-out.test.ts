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

const REDIS = { COUNTERSIGN_TEST_REDIS: 'redis://elsewhere' };
const MARIADB = { COUNTERSIGN_TEST_MARIADB: 'mysql://elsewhere' };
const MYSQL = { COUNTERSIGN_TEST_MYSQL: 'mysql://elsewhere' };

test('without a Redis the files that need one are left out, by name', () => {
  const { files, line } = asked({ ...MARIADB, ...MYSQL });
  expect(files).toContain('test/support/redis.test.ts');
  expect(files).not.toContain('test/support/fake-clock.test.ts');
  expect(files).not.toContain('test/support/mysql.test.ts');
  expect(line).toContain('test/support/redis.test.ts');
});

test('without a MariaDB the files run with MySQL, and that is said', () => {
  const { files, line } = asked({ ...REDIS, ...MYSQL });
  expect(files).toEqual([]);
  expect(line).toMatch(/^LEFT OUT, for want of a mariadb server .*: the mariadb part of .*test\/support\/mysql\.test\.ts/);
});

test('a flavour that the caller does without is left out like one that can\'t be had', () => {
  const { files, line } = asked({ ...REDIS, ...MARIADB, ...MYSQL, COUNTERSIGN_TEST_WITHOUT: 'mysql' });
  expect(files).toEqual([]);
  expect(line).toMatch(/^LEFT OUT, for want of a mysql server .*\.ci\/mysql-binaries.*: the mysql part of .*test\/support\/mysql\.test\.ts/);
});

test.for([{ COUNTERSIGN_TEST_ALL: '1' }, { ...REDIS, ...MARIADB, ...MYSQL }])('with %o nothing is', (environment) => {
  expect(asked(environment)).toEqual({ files: [], line: '' });
});
