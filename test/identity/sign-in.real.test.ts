/** The whole way from the command line: a real issuer, a real proxy, the real CLI, and a statement that waits for whoever has signed in. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';
import { Browser } from './oidc/browser.ts';
import { type RealIssuer, startIssuer } from './oidc/real-issuer.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const ACCOUNTS = {
  lee: { email: 'lee@example.com', email_verified: true, groups: ['dba'] },
  dana: { email: 'dana@example.com', email_verified: true, groups: ['dba'] },
  nobody: { email: 'nobody@example.com', email_verified: true, groups: [] },
  mallory: { email: 'lee@example.com', email_verified: false, groups: ['dba'] },
};

let postgres: TestPostgres;
let issuer: RealIssuer;
let proxy: TestProxy;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cs-home-'));
  [postgres, issuer] = await Promise.all([startPostgres({ users: [{ name: 'app', password: 'upstream' }] }), startIssuer({ accounts: ACCOUNTS, thin: true })]);
  await postgres.query('CREATE DATABASE shop OWNER app');
  proxy = await startTestProxy({
    upstream: { url: `postgres://app@${postgres.host}:${postgres.port}/shop`, password: 'upstream' },
    extra: `url: http://127.0.0.1:8080\nidentity: { issuer: "${issuer.url}", client_id: countersign, cli_client_id: countersign-cli, roles: { approver: [dba] }, session: 1h }\n`,
  });
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await Promise.all([issuer?.stop(), postgres?.stop()]);
  rmSync(home, { recursive: true });
});

const environment = () => ({ PATH: process.env['PATH'] ?? '', XDG_CONFIG_HOME: home, COUNTERSIGN_URL: proxy.api });

function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: environment() }, (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }));
  });
}

/** `countersign login`, with a browser in which somebody enters the code. */
async function login(who: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'login'], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => { said.out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { said.err += chunk.toString(); });
  const ended = exit(child);
  await expect.poll(() => said.err).toMatch(/Or open \S+/);
  const page = await new Browser(who).visit(/Or open (\S+)/.exec(said.err)?.[1] ?? '');
  expect(page.text).toContain('Sign-in Success');
  return { code: await ended, ...said };
}

const exit = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('close', resolve));

async function held<T>(act: (id: string) => Promise<T>): Promise<{ decided: T; outcome: unknown }> {
  const client = new Client({ connectionString: proxy.url() });
  await client.connect();
  const outcome = client.query(`create table t${Math.random().toString(36).slice(2)} (a int)`).then(() => 'ran', (error: unknown) => error);
  const decided = await act((await proxy.pending()).id);
  await proxy.call('/api/v1/requests?state=pending').then(async ({ requests }) => Promise.all((requests as { id: string }[]).map(({ id }) => proxy.decide(id, 'deny'))));
  const result = await outcome;
  await client.end();
  return { decided, outcome: result };
}

describe('countersign login', { timeout: 60_000 }, () => {
  test('before it nothing can be done, and the way is told', async () => {
    expect(await cli('requests', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('Run `countersign login`') as string });
  });

  test('makes somebody an approver who is in no configuration, for the API and for everything that decides', async () => {
    const ran = await login('lee');
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^Signed in as lee@example.com \(approver\) until \d{4}-.*Z\.\n$/) as string });
    expect(ran.err).toMatch(/^Open http:\/\/127\.0\.0\.1:\d+\/device in a browser and enter the code [A-Z]{4}-[A-Z]{4} \(within 10 minutes\)\.\n/);
    expect(await cli('requests', 'list')).toMatchObject({ code: 0 });
    const { decided, outcome } = await held((id) => cli('requests', 'approve', id, '--yes'));
    expect(decided).toMatchObject({ code: 0, err: '' });
    expect(outcome).toBe('ran');
    expect((await proxy.journal()).map(({ event }) => event).find(({ kind }) => kind === 'request.decided')).toMatchObject({ person: 'lee@example.com', channel: 'api:sign-in' });
  });

  test('keeps the token where nobody else reads it, and only for this address', async () => {
    const file = join(home, 'countersign', 'sign-ins.json');
    expect([statSync(file).mode & 0o777, statSync(join(home, 'countersign')).mode & 0o777]).toEqual([0o600, 0o700]);
    const { sign_ins } = JSON.parse(readFileSync(file, 'utf8')) as { sign_ins: Record<string, { token: string }> };
    expect(Object.keys(sign_ins)).toEqual([`${proxy.api}/`]);
    expect(await cli('requests', 'list', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 1, err: expect.stringContaining('No API token') as string });
    await chmod(file, 0o644);
    expect(await cli('requests', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('chmod 600') as string });
    await chmod(file, 0o600);
    const [token = ''] = Object.values(sign_ins).map((signIn) => signIn.token);
    expect(JSON.stringify(await proxy.journal())).not.toContain(token.split('.')[2]);
  });

  test('lets nobody approve what their own agent asks', async () => {
    expect((await login('dana')).code).toBe(0);
    const { decided, outcome } = await held((id) => cli('requests', 'approve', id, '--yes'));
    expect(decided).toMatchObject({ code: 1, err: expect.stringContaining('You own the agent reporter') as string });
    expect(outcome).toMatchObject({ code: '42501' });
  });

  test('gives no role for no group, and nothing for an e-mail that isn\'t verified', async () => {
    const ran = await login('nobody');
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('(no role here)') as string, err: expect.stringContaining('None of your groups has a role') as string });
    expect(await cli('requests', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('requests:read') as string });
    expect(await login('mallory')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('The issuer says that your e-mail isn\'t verified.') as string });
  });

  test('is undone by logout', async () => {
    const file = readFileSync(join(home, 'countersign', 'sign-ins.json'), 'utf8');
    expect(await cli('logout')).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Signed out of http/) as string });
    const [token = ''] = Object.values((JSON.parse(file) as { sign_ins: Record<string, { token: string }> }).sign_ins).map((signIn) => signIn.token);
    expect((await fetch(`${proxy.api}/api/v1/requests`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
    expect(await cli('logout')).toMatchObject({ code: 0, out: expect.stringMatching(/^Nobody was signed in/) as string });
    expect(await cli('requests', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('No API token') as string });
  });
});
