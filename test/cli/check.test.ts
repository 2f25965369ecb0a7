import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import type { TestMysql } from '../support/mysql.ts';
import { startMysql } from '../support/mysql.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';

let dir: string;
let postgres: TestPostgres;
let mysql: TestMysql;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'check-'));
  writeFileSync(join(dir, 'secret'), 'app');
  [postgres, mysql] = await Promise.all([startPostgres({ users: [{ name: 'app', password: 'app' }] }), startMysql({ users: [{ name: 'app', password: 'app' }] })]);
  await postgres.query('CREATE TABLE customers (id int PRIMARY KEY, email text, age int); GRANT SELECT ON customers TO app');
  for (const sql of ['CREATE DATABASE shop', 'CREATE TABLE shop.people (id int PRIMARY KEY, phone varchar(20))', `GRANT SELECT ON shop.people TO 'app'@'%'`]) await mysql.query(sql);
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await Promise.all([postgres.stop(), mysql.stop()]);
});

interface Told {
  readonly code: number;
  readonly text: string;
}

async function run(sensitive: string, options: { json?: true; strict?: true } = {}, port = postgres.port): Promise<Told> {
  writeFileSync(join(dir, 'policy.yaml'), `version: 1\nsensitive:\n${sensitive}`);
  writeFileSync(join(dir, 'countersign.yaml'), `listen: { postgres: 127.0.0.1:6432, mysql: 127.0.0.1:6306 }
databases:
  pg: { protocol: postgres, upstream: "postgres://app@127.0.0.1:${port}/postgres", password: { file: secret } }
  my: { protocol: mysql, upstream: "mysql://app@127.0.0.1:${mysql.port}/shop", password: { file: secret } }
people: [{ email: sam@example.com, roles: [approver], groups: [dba] }]
policies: [policy.yaml]
`);
  const lines: string[] = [];
  const code = await check(join(dir, 'countersign.yaml'), options, (line) => void lines.push(line));
  return { code, text: lines.join('\n') };
}

const RIGHT = '  - { columns: [customers.email], mask: email }\n  - { columns: [people.phone], mask: "null" }\n';

test('columns that are there: how the databases themselves can keep them', async () => {
  const { code, text } = await run(RIGHT, { strict: true });
  expect([code, text]).toEqual([0, expect.stringContaining('is right')]);
  expect(text).toContain(`Note: pg: the proxy's account can read email of public.customers. With these it can't, and the database itself keeps them (but the mask of email needs the values, or whether there are any; null, and redact or constant with hide_nulls: true, don't):
  REVOKE SELECT ON TABLE "public"."customers" FROM "app";
  GRANT SELECT ("id", "age") ON TABLE "public"."customers" TO "app";`);
  expect(text).toContain('Note: my: the proxy\'s account can read phone of shop.people. With these it can\'t, and the database itself keeps them:\n  REVOKE SELECT ON `shop`.`people` FROM `app`@`%`;\n  GRANT SELECT (`id`) ON `shop`.`people` TO `app`@`%`;');
  const json = JSON.parse((await run(RIGHT, { json: true })).text) as { readable: unknown };
  expect(json.readable).toEqual([expect.objectContaining({ database: 'pg', relation: 'public.customers', columns: ['email'] }), expect.objectContaining({ database: 'my', columns: ['phone'] })]);
});

test('a column that no database has is a warning, strictly a problem', async () => {
  const wrong = '  - { columns: [customers.emial], mask: email }\n';
  const sentence = 'no database has a column customers.emial, so nothing is masked by it; did you mean "customers.email"?';
  expect(await run(wrong)).toEqual({ code: 0, text: expect.stringContaining(`Warning: ${sentence}`) as string });
  expect(await run(wrong, { strict: true })).toEqual({ code: 1, text: expect.stringContaining(`${sentence}\n`) as string });
});

test('a column in which something is to be looked for, and that no database has, likewise', async () => {
  const wrong = `${RIGHT}detect:\n  - { find: [email], columns: [people.phone, people.fone] }\n  - { find: [key] }\n`;
  const sentence = 'no database has a column people.fone, so nothing is looked for by it; did you mean "people.phone"?';
  expect((await run(wrong)).text).toContain(`Warning: ${sentence}`);
  expect(await run(wrong, { strict: true })).toEqual({ code: 1, text: expect.stringContaining(sentence) as string });
});

test('a mask that doesn\'t fit is a problem', async () => {
  expect(await run('  - { columns: [customers.age], mask: email }\n')).toEqual({ code: 1, text: expect.stringContaining('pg: public.customers.age: the mask email doesn\'t fit integer; it is masked as NULL. Masks that fit integer: redact, null, constant\n') as string });
});

test('a database that can\'t be reached: said, strictly a problem, and nothing is said to be missing', async () => {
  const { code, text } = await run('  - { columns: [elsewhere.email], mask: email }\n', {}, 1);
  expect([code, text]).toEqual([0, expect.stringContaining('Warning: pg: its columns couldn\'t be read')]);
  expect(text).not.toContain('no database has');
  expect((await run(RIGHT, { strict: true }, 1)).code).toBe(1);
});

describe('the files alone', () => {
  test('a value is for the mask constant only', async () => {
    expect(await run('  - { columns: [customers.email], mask: email, value: x }\n')).toEqual({ code: 1, text: expect.stringContaining('value is what the mask constant shows, but the mask is email') as string });
    expect((await run('  - { columns: [customers.email], mask: constant, value: hidden }\n')).code).toBe(0);
  });
});

/** Last: it takes the right away. */
test('what is printed works; where it can\'t, that is said', async () => {
  expect((await run(RIGHT)).text).toContain('  They aren\'t enough, because the account may read everything on the server (ON *.*)');
  await mysql.query('REVOKE ALL PRIVILEGES ON *.* FROM `app`@`%`');
  for (const statement of ['REVOKE SELECT ON `shop`.`people` FROM `app`@`%`;', 'GRANT SELECT (`id`) ON `shop`.`people` TO `app`@`%`;']) await mysql.query(statement);
  await postgres.query('REVOKE SELECT ON TABLE "public"."customers" FROM "app"; GRANT SELECT ("id", "age") ON TABLE "public"."customers" TO "app"');
  const { text } = await run(RIGHT);
  expect(text).not.toContain('Note:');
  await postgres.query('ALTER TABLE customers OWNER TO app');
  expect((await run(RIGHT)).text).toContain('because the account owns the table');
});
