/** Agents that log in at a whole proxy by tokens, with PostgreSQL's own clients. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { findProgram } from '../support/machine.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { HostileIssuer, newKey } from './oidc/hostile-issuer.ts';
import { type RealIssuer, SECRET, startIssuer } from './oidc/real-issuer.ts';

const run = promisify(execFile);
const psql = findProgram('psql');

let postgres: TestPostgres;
let issuer: HostileIssuer;
let real: RealIssuer;
let certificate: Certificate;
let proxy: TestProxy;
const logged: string[] = [];
beforeAll(async () => {
  const resources = { enabled: true, defaultResource: () => 'urn:countersign', useGrantedResource: () => true, getResourceServerInfo: () => ({ scope: '', audience: 'countersign', accessTokenFormat: 'jwt' as const, accessTokenTTL: 300, jwt: { sign: { alg: 'RS256' as const } } }) };
  [postgres, issuer, real, certificate] = await Promise.all([
    startPostgres({ users: [{ name: 'app', password: 'upstream' }] }), HostileIssuer.start(),
    startIssuer({ more: { features: { clientCredentials: { enabled: true }, resourceIndicators: resources } } }), makeCertificate(),
  ]);
  await postgres.query('CREATE DATABASE shop OWNER app');
  proxy = await startTestProxy({
    upstream: { url: `postgres://app@${postgres.host}:${postgres.port}/shop`, password: 'upstream' }, tls: certificate,
    agents: [
      `{ name: listed, jwt: { issuer: "${issuer.url}", audience: countersign, subject: listed@clients }, owner: dana@example.com, groups: [analytics], databases: [shop] }`,
      `{ name: machine, jwt: { issuer: "${real.url}", audience: countersign, subject: reporter }, owner: dana@example.com, databases: [shop] }`,
    ],
    extra: `agent_issuers:\n  - { issuer: "${issuer.url}", audience: countersign, prefix: ci-, name_claim: job, owner_claim: owner, groups_claim: teams, databases: [shop] }\n`,
    log: pino({ level: 'debug' }, { write: (line: string) => { logged.push(line); } }),
  });
}, 120_000);
beforeEach(() => { issuer.down = false; });
afterAll(async () => {
  await proxy?.stop();
  await Promise.all([postgres?.stop(), issuer?.stop(), real?.stop()]);
});

const LISTED = { sub: 'listed@clients' };
const JOB = { job: '42', owner: 'sam@example.com', teams: ['apps'] };

async function connected(user: string, password: string, tls = true): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port: proxy.port, user, password, database: 'shop', ...(tls && { ssl: { ca: certificate.ca } }) });
  client.on('error', () => {});
  await client.connect();
  return client;
}
const events = async () => (await proxy.journal()).map(({ event }) => event);
const seconds = () => Math.floor(Date.now() / 1000);

describe('pg', () => {
  test('as a listed agent', async () => {
    const client = await connected('listed', await issuer.sign(LISTED));
    expect((await client.query('SELECT current_user AS u')).rows).toEqual([{ u: 'app' }]);
    await client.end();
    await expect.poll(events).toContainEqual(expect.objectContaining({ kind: 'session.start', agent: 'listed', owner: 'dana@example.com', tls: true }));
  });

  test('as a machine, by the access token that a certified issuer gives it', async () => {
    const answer = await fetch(`${real.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }), headers: { authorization: `Basic ${Buffer.from(`reporter:${encodeURIComponent(SECRET)}`).toString('base64')}` } });
    const { access_token } = (await answer.json()) as { access_token: string };
    const client = await connected('machine', access_token);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await real.rotate();
    await expect(connected('machine', access_token)).resolves.toBeInstanceOf(Client);
  });

  test('as an agent that isn\'t listed: its owner may not approve, somebody else may, and it can be frozen', async () => {
    const token = await issuer.sign(JOB);
    const client = await connected('ci-42', token);
    const outcome = client.query('CREATE TABLE made (a int)').then(() => 'ran');
    const request = await proxy.pending();
    expect(request).toMatchObject({ agent: { name: 'ci-42', owner: 'sam@example.com', groups: ['apps'] } });
    await expect(proxy.decide(request.id, 'approve', { as: 'sam' })).rejects.toThrow(/self_approval/);
    await proxy.decide(request.id, 'approve', { as: 'kim' });
    expect(await outcome).toBe('ran');
    expect(await proxy.call('/api/v1/agents')).toMatchObject({ agents: expect.arrayContaining([expect.objectContaining({ name: 'ci-42', owner: 'sam@example.com', sessions: 1 })]) as unknown });
    await proxy.call('/api/v1/agents/ci-42/freeze', { method: 'POST', body: {} });
    await expect(client.query('SELECT 1')).rejects.toThrow();
    await expect(connected('ci-42', token)).rejects.toMatchObject({ message: 'agent "ci-42" is frozen' });
    await proxy.call('/api/v1/agents/ci-42/thaw', { method: 'POST', body: {} });
    await (await connected('ci-42', token)).end();
  });

  test('isn\'t let in by anything else, and is told why in the server\'s own terms', async () => {
    const bad: readonly (readonly [string, string, string])[] = [
      ['listed', await issuer.sign({ ...LISTED, exp: seconds() - 60 }), 'the token has expired'],
      ['listed', await issuer.sign({ ...LISTED, aud: 'others' }), 'the token is for another audience than "countersign"'],
      ['listed', await issuer.sign({ sub: 'other' }), 'the token\'s claims aren\'t those of the agent "listed"'],
      ['listed', await issuer.sign(LISTED, { key: await newKey() }), `the token isn't signed by a key of ${issuer.url}`],
      ['listed', AGENT_PASSWORD, 'it is no token (a JWT, signed)'],
      ['ci-43', await issuer.sign(JOB), 'the token is the agent "ci-42"\'s'],
    ];
    for (const [user, password, reason] of bad) {
      await expect(connected(user, password)).rejects.toMatchObject({ code: '28P01', severity: 'FATAL', message: `password authentication failed for user "${user}": ${reason}` });
    }
    expect(await events()).toContainEqual(expect.objectContaining({ kind: 'login.refused', agent: 'ci-43', code: 'login_refused' }));
  });

  test('is never asked for a token without TLS', async () => {
    for (const user of ['listed', 'ci-42']) {
      await expect(connected(user, await issuer.sign(LISTED), false)).rejects.toMatchObject({ code: '28P01', message: `agent "${user}" logs in by a token, which is taken over TLS only` });
    }
  });

  test('whoever has a password, or is unknown, is asked as before', async () => {
    await (await connected('reporter', AGENT_PASSWORD)).end();
    await expect(connected('reporter', await issuer.sign(LISTED))).rejects.toMatchObject({ message: 'password authentication failed for user "reporter"' });
    await expect(connected('unknown', await issuer.sign(LISTED))).rejects.toMatchObject({ message: 'password authentication failed for user "unknown"' });
  });

  test('goes on logging in while the issuer is down', async () => {
    const token = await issuer.sign(LISTED);
    await (await connected('listed', token)).end();
    issuer.down = true;
    await (await connected('listed', token)).end();
  });
});

describe('when the token expires', () => {
  test('the session ends with a word, and what it held is withdrawn', async () => {
    const client = await connected('listed', await issuer.sign({ ...LISTED, exp: seconds() + 3 }));
    const ended = new Promise<Error>((resolve) => client.once('error', resolve));
    const outcome = client.query('CREATE TABLE never (a int)').catch((error: unknown) => error);
    const { id } = await proxy.pending();
    expect(await outcome).toMatchObject({ code: '57P01', severity: 'FATAL', message: 'the token that the session was opened by has expired', hint: 'Connect again with a new token.' });
    await ended;
    await expect.poll(() => proxy.call(`/api/v1/requests/${id}`)).toMatchObject({ state: 'withdrawn' });
    await expect.poll(events).toContainEqual(expect.objectContaining({ kind: 'session.end', reason: 'the token that the session was opened by has expired' }));
  });
});

test.skipIf(psql === undefined)('psql', async () => {
  const environment = async (claims: object) => ({ ...process.env, PGPASSWORD: await issuer.sign({ ...claims }), PGSSLMODE: 'require' });
  const as = (user: string) => ['-h', '127.0.0.1', '-p', String(proxy.port), '-U', user, '-At', '-c', 'SELECT 6 * 7', 'shop'];
  expect((await run(psql ?? '', as('listed'), { env: await environment(LISTED) })).stdout).toBe('42\n');
  expect((await run(psql ?? '', as('ci-42'), { env: await environment(JOB) })).stdout).toBe('42\n');
  await expect(run(psql ?? '', as('listed'), { env: await environment({ sub: 'x' }) })).rejects.toMatchObject({ stderr: expect.stringContaining('FATAL:  password authentication failed for user "listed": the token\'s claims') as string });
  await expect(run(psql ?? '', as('listed'), { env: { ...(await environment(LISTED)), PGSSLMODE: 'disable' } })).rejects.toMatchObject({ stderr: expect.stringContaining('over TLS only') as string });
});

test('no token is ever logged or journalled', async () => {
  const secret = await issuer.sign({ ...JOB, job: '7' });
  await (await connected('ci-7', secret)).end();
  const spoilt = `${secret.slice(0, -4)}AAAA`;
  await expect(connected('ci-7', spoilt)).rejects.toMatchObject({ code: '28P01' });
  const said = JSON.stringify(await proxy.journal()) + logged.join('');
  expect(said).toContain('ci-7');
  for (const part of secret.split('.').slice(1)) expect(said).not.toContain(part.slice(0, 30));
});
