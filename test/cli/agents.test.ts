import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../src/api/server.ts';
import type { HttpServer } from '../../src/api/server.ts';
import { makeVerifier, parseVerifier } from '../../src/identity/scram-verifier.ts';
import { ClockDouble } from '../api/doubles.ts';
import { TOKENS, testApi } from '../api/parts.ts';
import type { TestApi } from '../api/parts.ts';
import { testSignIns } from '../identity/support.ts';
import { run } from './terminal-double.ts';

let signIns: ReturnType<typeof testSignIns>;
let api: TestApi;
let server: HttpServer;
let env: Record<string, string>;
beforeEach(async () => {
  signIns = testSignIns({ clock: new ClockDouble() });
  api = testApi({ signIns: signIns.signIns });
  server = await serveApi(api, { host: '127.0.0.1', port: 0 });
  env = { COUNTERSIGN_URL: server.url, COUNTERSIGN_TOKEN: TOKENS.sam };
});
afterEach(() => server.close(100));

describe('agents list, freeze, thaw; sessions kill', () => {
  it('freezes, shows it, and thaws', async () => {
    expect(await run(['agents', 'freeze', 'reporter', '--reason', 'odd'], { env })).toMatchObject({ failed: false, out: 'reporter is frozen.\n' });
    expect(api.freezer.frozen.get('reporter')).toEqual({ by: 'sam@example.com', reason: 'odd' });
    expect((await run(['agents', 'list'], { env })).out).toMatch(/^reporter +FROZEN +1 sessions +dana@example\.com +shop\n$/);
    expect((await run(['agents', 'thaw', 'reporter', '--json'], { env })).out).toContain('"frozen": false');
    expect(await run(['agents', 'freeze', '../sessions'], { env })).toMatchObject({ failed: true, err: expect.stringContaining('no such agent') });
  });

  it('ends a session', async () => {
    expect(await run(['sessions', 'kill', 'ses_1', '--reason', 'runaway'], { env })).toMatchObject({ failed: false, out: 'ses_1 has ended.\n' });
    expect(api.sessions.killed).toEqual([{ id: 'ses_1', reason: 'ended by sam@example.com: runaway' }]);
    expect(await run(['sessions', 'kill', 'ses_1'], { env })).toMatchObject({ failed: true });
  });
});

describe('people sign-out', () => {
  it('ends all sign-ins of a person, and says so', async () => {
    expect(await run(['people', 'sign-out', 'Kim@example.com', '--reason', 'gone'], { env })).toMatchObject({ failed: false, out: 'kim@example.com is signed out.\n' });
    expect(signIns.events).toEqual([{ kind: 'person.signed_out', person: 'kim@example.com', by: 'sam@example.com', reason: 'gone', jws: expect.any(String) as string }]);
    expect(JSON.parse((await run(['people', 'sign-out', 'kim@example.com', '--json'], { env })).out)).toEqual({ person: 'kim@example.com', everywhere: true });
    expect(await run(['people', 'sign-out', '../agents'], { env })).toMatchObject({ failed: true, err: expect.stringContaining('e-mail address') });
  });
});

describe('agents verifier', () => {
  const made = async (input: string | Buffer, ...more: string[]) => run(['agents', 'verifier', '--protocol', 'postgres', ...more], { input });
  const opens = (verifier: string, password: string): boolean => {
    const { salt, iterations } = parseVerifier(verifier.trim());
    return makeVerifier(password, { salt, iterations }) === verifier.trim();
  };

  it('prints one that the password opens, without the line ending of the pipe', async () => {
    for (const input of ['s3cret', 's3cret\n', 's3cret\r\n']) expect(opens((await made(input)).out, 's3cret')).toBe(true);
    expect(opens((await made('s3cret \n\n')).out, 's3cret \n')).toBe(true);
    expect((await made('x', '--iterations', '8192')).out).toMatch(/^SCRAM-SHA-256\$8192:/);
    expect((await made('x')).out).not.toBe((await made('x')).out);
  });

  it.each([[''], ['\n'], ['a\0b'], [Buffer.from([0xff, 0xfe])]])('refuses %j', async (input) => {
    expect(await made(input)).toMatchObject({ failed: true, out: '' });
  });

  it('refuses few iterations and other protocols', async () => {
    for (const n of ['0', '4095', '1e5', '-1', '99999999999']) expect(await made('x', '--iterations', n)).toMatchObject({ failed: true, out: '' });
    expect(await run(['agents', 'verifier', '--protocol', 'oracle'], { input: 'x' })).toMatchObject({ failed: true });
    expect((await run(['agents', 'verifier'], { input: 'x' })).failed).toBe(true);
  });

  it('prints one for MySQL, as the servers\' own functions make it', async () => {
    const mysql = async (...more: string[]) => run(['agents', 'verifier', '--protocol', 'mysql', ...more], { input: 'secret\n' });
    // MariaDB: SELECT PASSWORD('secret'), TO_BASE64(UNHEX(SHA2(UNHEX(SHA2('secret', 256)), 256)))
    expect((await mysql('--plugin', 'mysql_native_password')).out).toBe('*14E65567ABDB5135D0CFD9A70B3032C179A49EE7\n');
    expect((await mysql()).out).toBe('MYSQL-CACHING-SHA2$OIEhnQh92cY0Nz/TPfozostr/GxSC2S4u2DvLOtTSuc=\n');
    expect(await mysql('--plugin', 'dialog')).toMatchObject({ failed: true, out: '' });
  });

  it('asks twice in a terminal', async () => {
    const ran = await run(['agents', 'verifier', '--protocol', 'postgres'], { answers: ['abc', 'abc'] });
    expect([ran.asked, opens(ran.out, 'abc')]).toEqual([['Password: ', 'Again: '], true]);
    expect(await run(['agents', 'verifier', '--protocol', 'postgres'], { answers: ['abc', 'abd'] })).toMatchObject({ failed: true, out: '' });
  });
});
