import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configFrom, loadConfig } from '../../src/config/load.ts';
import { problemsOf } from './problems.ts';

const SHA2 = `MYSQL-CACHING-SHA2$${Buffer.alloc(32, 4).toString('base64')}`;
const NATIVE = `*${'0A'.repeat(20)}`;
const VERIFIER = `SCRAM-SHA-256$4096:${Buffer.alloc(16, 1).toString('base64')}$${Buffer.alloc(32, 2).toString('base64')}:${Buffer.alloc(32, 3).toString('base64')}`;

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-'));
  file = join(dir, 'countersign.yaml');
  writeFileSync(join(dir, 'policy.yaml'), 'version: 1\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

const GOOD = `listen: { postgres: 127.0.0.1:6432, mysql: 127.0.0.1:6306, http: "[::1]:8080" }
databases:
  shop:
    protocol: postgres
    upstream: postgres://app@db.internal:5432/shop
    password: { env: SHOP_DB_PASSWORD }
agents:
  - { name: reporter, verifier: "${VERIFIER}", owner: Dana@example.com, groups: [analytics], databases: [shop] }
people:
  - { email: sam@example.com, roles: [approver], groups: [dba] }
approvals: { store: "redis://127.0.0.1:6379", within: 15m }
journal: { dir: ./journal }
policies: [policy.yaml]
`;

const TEAMS = `teams: { app_id: 0F8FAD5B-d9cb-469f-a165-70867728950e, tenant: 7c9e6679-7425-40de-944b-e07fc1f90ae7, client_secret: { file: t }, conversation: "19:x@thread.tacv2", service_url: "https://smba.example/emea/" }\n`;

const problems = (change: (text: string) => string): string[] => problemsOf(file, GOOD, change);

describe('a right file', () => {
  test('may give an agent a verifier of each kind', () => {
    const config = configFrom(file, GOOD.replace(`"${VERIFIER}"`, `["${NATIVE}", "${VERIFIER}", "${SHA2}"]`));
    expect(config.agents.get('reporter')?.verifiers).toEqual({ native: NATIVE, scram: VERIFIER, cachingSha2: SHA2 });
  });

  test('may name a conversation in Teams', () => {
    expect(configFrom(file, GOOD + TEAMS).teams).toEqual({
      appId: '0f8fad5b-d9cb-469f-a165-70867728950e', tenant: '7c9e6679-7425-40de-944b-e07fc1f90ae7', clientSecret: { file: join(dir, 't') },
      conversation: '19:x@thread.tacv2', serviceUrl: 'https://smba.example/emea',
    });
  });

  test('becomes a Config with absolute paths, milliseconds and defaults', () => {
    const config = configFrom(file, GOOD);
    expect(config.listen).toEqual({ postgres: { host: '127.0.0.1', port: 6432 }, mysql: { host: '127.0.0.1', port: 6306 }, http: { host: '::1', port: 8080 } });
    expect(config.databases.get('shop')).toEqual({
      name: 'shop', protocol: 'postgres', upstream: { host: 'db.internal', port: 5432, user: 'app', database: 'shop' },
      password: { env: 'SHOP_DB_PASSWORD' }, tls: { mode: 'disable' },
    });
    expect(config.agents.get('reporter')).toEqual({ name: 'reporter', verifiers: { scram: VERIFIER }, owner: 'dana@example.com', groups: ['analytics'], databases: ['shop'] });
    expect(config.approvals).toEqual({
      store: { kind: 'redis', url: 'redis://127.0.0.1:6379' }, withinMs: 900_000, withinTransactionMs: 60_000,
      signingKey: join(dir, 'journal/keys/decisions.pem'), trust: { desks: [], proxies: [] }, storeDown: 'pass_unflagged',
    });
    expect(config.journal).toMatchObject({ dir: join(dir, 'journal'), segmentBytes: 64 * 1024 ** 2, checkpointMs: 10_000 });
    expect(config.policies).toEqual([join(dir, 'policy.yaml')]);
    expect(config.limits).toEqual({ statementBytes: 1_048_576, messageBytes: 67_108_864, bufferedBytes: 536_870_912, connections: 10_000, parseMs: 2000, lookups: 1000 });
    expect(config.timeouts).toEqual({ handshakeMs: 30_000, idleMs: 0, upstreamConnectMs: 10_000, drainMs: 30_000 });
    expect('tls' in config || 'slack' in config).toBe(false);
  });

  test('may say where people reach it, and whom to tell', () => {
    const hooks = 'webhooks:\n  - { name: pager, url: "https://hooks.example.com/x?key=1", secret: { env: A } }\n  - { name: local, url: "http://127.0.0.1:9/", secret: [{ env: A }, { file: old }], events: [request.closed], statement: true }\n';
    const { url, webhooks } = configFrom(file, `${GOOD}url: https://countersign.example.com/db/\n${hooks}`);
    expect(url).toBe('https://countersign.example.com/db');
    expect(webhooks).toEqual([
      { name: 'pager', url: 'https://hooks.example.com/x?key=1', secrets: [{ env: 'A' }], events: ['request.opened', 'request.escalated', 'request.decided', 'request.closed'], statement: false },
      { name: 'local', url: 'http://127.0.0.1:9/', secrets: [{ env: 'A' }, { file: join(dir, 'old') }], events: ['request.closed'], statement: true },
    ]);
    expect(configFrom(file, GOOD)).toMatchObject({ webhooks: [] });
  });

  test('tls upstream is verify-full unless it says less', () => {
    const config = configFrom(file, GOOD.replace('password:', 'tls: {}\n    password:'));
    expect(config.databases.get('shop')?.tls).toEqual({ mode: 'verify-full' });
  });

  test('nothing is taken from the environment', () => {
    const config = configFrom(file, GOOD.replace('./journal', '"$HOME/${HOME}"'));
    expect(config.journal.dir).toBe(join(dir, '$HOME/${HOME}'));
  });

  test('a file that is not there or not UTF-8 is a problem like any other', async () => {
    await expect(loadConfig(join(dir, 'no.yaml'))).rejects.toThrow(/no\.yaml:1:1: the file can't be read: ENOENT/);
    writeFileSync(join(dir, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0xe9]));
    await expect(loadConfig(join(dir, 'latin.yaml'))).rejects.toThrow(/isn't UTF-8/);
  });
});

describe('wrong files name the place and what was meant', () => {
  const cases: readonly (readonly [string, (text: string) => string, readonly string[]])[] = [
    ['unknown key', (t) => t.replace('listen:', 'lisen:'), ['1:1: "listen" is missing', '1:1: unknown key "lisen"; did you mean "listen"?']],
    ['unknown nested key', (t) => t.replace('    password:', '    pasword:'), ['6:5: unknown key "pasword" in databases.shop; did you mean "password"?']],
    ['unknown key in a list', (t) => t.replace('owner:', 'ower:'), [expect.stringMatching(/^8:\d+: .*/), expect.stringMatching(/did you mean "owner"\?$/)] as never],
    ['wrong value', (t) => t.replace('protocol: postgres', 'protocol: postgre'), ['4:15: databases.shop.protocol can\'t be "postgre"; did you mean "postgres"?']],
    ['unknown database', (t) => t.replace('databases: [shop]', 'databases: [shp]'), [expect.stringMatching(/^8:\d+: there is no database "shp"; did you mean "shop"\?$/)] as never],
    ['duplicate key', (t) => `${t}policies: [policy.yaml]\n`, ['14:1: map keys must be unique']],
    ['port', (t) => t.replace(':6306', ':66306'), [expect.stringMatching(/^1:\d+: port 66306 doesn't exist; ports go up to 65535$/)] as never],
    ['same port twice', (t) => t.replace(':6306', ':6432'), [expect.stringContaining('127.0.0.1:6432 is already taken by listen.postgres')] as never],
    ['duration', (t) => t.replace('15m', '15min'), ['11:55: "15min" isn\'t a duration; write it as 500ms, 30s, 15m or 1h30m']],
    ['no policy file', (t) => t.replace('[policy.yaml]', '[polcy.yaml]'), [expect.stringContaining('13:12: there is no file ')] as never],
    ['password in the URL', (t) => t.replace('app@', 'app:hunter2@'), [expect.stringContaining('5:15: the upstream holds a password; name where it comes from')] as never],
    ['password in the store', (t) => t.replace('redis://127', 'redis://:hunter2@127'), [expect.stringContaining('holds a password')] as never],
    ['a password as verifier', (t) => t.replace(VERIFIER, 'hunter2'), [expect.stringContaining('a password doesn\'t belong here')] as never],
    ['a cut verifier', (t) => t.replace(VERIFIER, VERIFIER.slice(0, -4)), [expect.stringContaining('keys aren\'t 32 bytes')] as never],
    ['weak verifier', (t) => t.replace('$4096:', '$1:'), [expect.stringContaining('at least 4096')] as never],
    ['a cut verifier of MySQL\'s', (t) => t.replace(VERIFIER, `${SHA2.slice(0, -2)}=`), [expect.stringContaining('cut or damaged; it reads MYSQL-CACHING-SHA2$')] as never],
    ['a password that begins with *', (t) => t.replace(VERIFIER, '*hunter2'), [expect.stringContaining('reads * and 40 hexadecimal digits')] as never],
    ['two verifiers of one kind', (t) => t.replace(`"${VERIFIER}"`, `["${VERIFIER}", "${SHA2}", "${SHA2}"]`), [expect.stringContaining('two verifiers of one kind')] as never],
    ['no verifier', (t) => t.replace(`"${VERIFIER}"`, '[]'), [expect.stringContaining('at least one verifier is needed')] as never],
    ['a number as verifier', (t) => t.replace(`"${VERIFIER}"`, '7'), [expect.stringContaining('a verifier, or a list of verifiers, is needed here')] as never],
    ['no verifier for PostgreSQL', (t) => t.replace(VERIFIER, SHA2), [expect.stringContaining('"shop" is a postgres database, which needs a verifier SCRAM-SHA-256$')] as never],
    ['same agent twice', (t) => t.replace('people:', `  - { name: reporter, verifier: "${VERIFIER}", owner: a@b.c }\npeople:`), ['9:13: there is another agent named "reporter"']],
    ['same person twice', (t) => t.replace('approvals:', '  - { email: SAM@example.com }\napprovals:'), ['11:14: there is another person with the e-mail sam@example.com']],
    ['token of nobody', (t) => `${t}tokens: [{ name: ci, hash: "sha256:${'0'.repeat(64)}", person: sum@example.com, scopes: [requests:read] }]\n`, [expect.stringContaining('there is no person sum@example.com; did you mean "sam@example.com"?')] as never],
    ['wrong scope', (t) => `${t}tokens: [{ name: ci, hash: "sha256:${'0'.repeat(64)}", person: sam@example.com, scopes: [request:read] }]\n`, [expect.stringContaining('did you mean "requests:read"?')] as never],
    ['two sources', (t) => t.replace('{ env: SHOP_DB_PASSWORD }', '{ env: A, file: b }'), [expect.stringContaining('exactly one of')] as never],
    ['a secret itself', (t) => t.replace('{ env: SHOP_DB_PASSWORD }', 'hunter2'), [expect.stringContaining('databases.shop.password must be a mapping')] as never],
    ['YAML 1.1', (t) => `%YAML 1.1\n---\n${t}`, [expect.stringContaining('only YAML 1.2 is read')] as never],
    ['unknown tag', (t) => t.replace('./journal', '!!js/function "x"'), [expect.stringContaining('tag')] as never],
    ['two documents', (t) => `${t}---\n${t}`, [expect.stringContaining('documents')] as never],
    ['a merge key', (t) => t.replace('journal: {', 'journal: { "<<": 1,'), [expect.stringContaining('unknown key "<<"')] as never],
    ['__proto__', (t) => t.replace('  shop:', '  __proto__:').replace('[shop]', '[]'), ['3:3: "__proto__" can\'t be a key']],
    ['a url with a query', (t) => `${t}url: "https://x.example.com/?a"\n`, [expect.stringMatching(/^14:6: .*without user, query/) as never]],
    ['traces to no URL', (t) => `${t}traces: { url: collector }\n`, [expect.stringContaining('such as http://collector:4318/v1/traces') as never]],
    ['more traces than there are', (t) => `${t}traces: { url: "http://c/", ratio: 2 }\n`, [expect.stringContaining('between 0 and 1') as never]],
    ['a webhook over plain http', (t) => `${t}webhooks: [{ name: a, url: "http://10.0.0.1/", secret: { env: A } }]\n`, [expect.stringContaining('https address') as never]],
    ['a webhook without a secret', (t) => `${t}webhooks: [{ name: a, url: "https://x.example.com" }]\n`, [expect.stringContaining('secret') as never]],
    ['a webhook for an unknown event', (t) => `${t}webhooks: [{ name: a, url: "https://x.example.com", secret: { env: A }, events: [request.open] }]\n`, [expect.stringContaining('request.open') as never]],
    ['two webhooks of one name', (t) => `${t}webhooks:\n  - &w { name: a, url: "https://x.example.com", secret: { env: A } }\n  - { name: a, url: "https://y.example.com", secret: { env: A } }\n`, [expect.stringContaining('another webhook named "a"') as never]],
    ['teams with another id, a link for the conversation and plain http', (t) => `${t}teams: { app_id: x, tenant: "0f8fad5b-d9cb-469f-a165-70867728950e", client_secret: { env: T }, conversation: "https://teams.microsoft.com/l/x", service_url: "http://smba.example" }\n`, [expect.stringContaining('an id of Entra ID') as never, expect.stringContaining('a conversation id') as never, expect.stringContaining('an https URL') as never]],
    ['teams without a way for it to call back', (t) => `${t.replace(', http: "[::1]:8080"', '')}${TEAMS}`, [expect.stringContaining('listen.http is needed') as never]],
    ['two people with one Teams account', (t) => t.replace('approvals:', `  - { email: a@example.com, teams: 0f8fad5b-d9cb-469f-a165-70867728950e }\n  - { email: b@example.com, teams: 0F8FAD5B-D9CB-469F-A165-70867728950E }\napprovals:`), [expect.stringContaining('another person has the object id') as never]],
    ['slack with neither', (t) => `${t}slack: { bot_token: { env: B }, channel: "#x" }\n`, [expect.stringContaining('app_token')] as never],
  ];
  test.each(cases)('%s', (_, change, expected) => {
    expect(problems(change)).toEqual(expected);
  });

  test('secrets that stand where they should not are never repeated', () => {
    for (const change of [(t: string) => t.replace('app@', 'app:hunter2@'), (t: string) => t.replace(VERIFIER, 'hunter2'), (t: string) => t.replace('redis://127', 'redis://:hunter2@127')]) {
      expect(problems(change).join('\n')).not.toContain('hunter2');
    }
  });

  test('all problems are told at once, in the order of the file', () => {
    const found = problems((t) => t.replace('protocol: postgres', 'protocol: x').replace('15m', 'y').replace(':6432', ':99999'));
    expect(found.map((line) => line.split(':')[0])).toEqual(['1', '4', '11']);
  });

  test('aliases multiply only so far', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...'bcdefgh'.split('').map((n, i) => `${n}: &${n} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(', ')}]`)].join('\n');
    const started = performance.now();
    expect(problems(() => bomb).join('\n')).toMatch(/aliases can't be resolved/);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('a file of a hundred megabytes is not parsed', () => {
    expect(problems(() => '#'.repeat(2_000_000)).join('\n')).toMatch(/1048576/);
  });
});
