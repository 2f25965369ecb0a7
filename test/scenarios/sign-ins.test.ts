/** People who have signed in at one desk, at others that trust its key or have it: until the sign-in is over, or was ended; whatever the store they share is made to say. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE } from '../../src/approval/redis-store.ts';
import { withRedis } from '../approval/redis-support.ts';
import { Browser } from '../identity/oidc/browser.ts';
import { type RealIssuer, startIssuer } from '../identity/oidc/real-issuer.ts';
import { generateSigningKey } from '../../src/runtime/keys.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from './world.ts';
import { cookieOf } from '../console/parts.ts';

const ACCOUNTS = {
  lee: { email: 'lee@example.com', email_verified: true, groups: ['dba'] },
  mallory: { email: 'lee@example.com', email_verified: false, groups: ['dba'] },
};
const NAMES = ['north', 'south'] as const;
type Name = (typeof NAMES)[number];

let dir: string;
let redis: TestRedis;
let issuer: RealIssuer;
const desks = new Map<Name, TestProxy>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'countersign-desks-'));
  for (const name of [...NAMES, 'proxy']) generateSigningKey(join(dir, `${name}.pem`));
  [redis, issuer] = await Promise.all([startRedis(), startIssuer({ accounts: ACCOUNTS })]);
  for (const name of NAMES) await start(name);
}, 60_000);
afterAll(async () => {
  for (const each of desks.values()) await each.stop();
  await Promise.all([redis?.stop(), issuer?.stop()]);
  rmSync(dir, { recursive: true });
});

/** Each signs with a key of its own. @param own the folder of the same desk before, with its journal */
async function start(name: Name, own = mkdtempSync(join(dir, `${name}-`))): Promise<void> {
  const key = (of: string): string => join(dir, `${of}.pem`);
  const other = NAMES.find((one) => one !== name) ?? '';
  desks.set(name, await startTestProxy({
    dir: own, role: 'desk', store: redis.url, upstream: { url: 'postgres://nobody@127.0.0.1:1/none', password: 'x' },
    approvals: `signing_key: "${key(name)}", trust: { proxies: ["${key('proxy')}.pub"], desks: ["${key(other)}.pub"] }`,
    extra: `url: https://countersign.example.com\nidentity: { issuer: "${issuer.url}", client_id: public, roles: { approver: [dba] }, session: 1h }\n`,
  }));
}

async function restart(name: Name): Promise<void> {
  await at(name).stop();
  await start(name, at(name).dir);
}

function at(name: Name): TestProxy {
  const desk = desks.get(name);
  if (desk === undefined) throw new Error(`there is no desk ${name}`);
  return desk;
}

const get = (name: Name, path: string, cookie = '') => fetch(at(name).api + path, { redirect: 'manual', headers: { cookie } });
/** 200: signed in; 303: sent to sign in. */
const queue = async (name: Name, cookie: string): Promise<number> => (await get(name, '/console', cookie)).status;

/** From the button to what the issuer's answer makes of it. */
async function signIn(name: Name, who: keyof typeof ACCOUNTS = 'lee'): Promise<{ status: number; cookie: string }> {
  const begun = await get(name, '/console/sign-in/provider');
  const { left } = await new Browser(who).visit(begun.headers.get('location') ?? '');
  const back = await get(name, `${left?.pathname ?? ''}${left?.search ?? ''}`, cookieOf(begun));
  return { status: back.status, cookie: cookieOf(back) };
}

async function signOut(name: Name, cookie: string): Promise<void> {
  const csrf = /name="csrf" value="([^"]+)"/.exec(await (await get(name, '/console', cookie)).text())?.[1] ?? '';
  await fetch(`${at(name).api}/console/sign-out`, { method: 'POST', redirect: 'manual', headers: { cookie, 'sec-fetch-site': 'same-origin' }, body: new URLSearchParams({ csrf }) });
}

const endAll = (name: Name) => at(name).call('/api/v1/people/lee@example.com/sign-out', { as: 'dana', method: 'POST', body: { reason: 'laptop stolen' } });
const recorded = async (name: Name) => (await at(name).journal()).map(({ event }) => event).filter(({ kind }) => kind.startsWith('person.'));

it('somebody in no configuration is signed in at every desk, and after a restart', async () => {
  const { cookie } = await signIn('north');
  expect([await queue('north', cookie), await queue('south', cookie)]).toEqual([200, 200]);
  await restart('north');
  expect(await queue('north', cookie)).toBe(200);
  expect(await recorded('north')).toMatchObject([{ kind: 'person.signed_in', person: 'lee@example.com', issuer: issuer.url, use: 'console', roles: ['approver'], groups: ['dba'] }]);
});

it('a refused sign-in is recorded, with whom the issuer named', async () => {
  expect(await signIn('south', 'mallory')).toMatchObject({ status: 403, cookie: '' });
  expect((await recorded('south')).at(-1)).toEqual({ kind: 'person.refused', use: 'console', claimed: 'lee@example.com', reason: 'The issuer says that your e-mail isn\'t verified.' });
});

it('signing out ends a copy of the cookie, too, everywhere within a second', async () => {
  const [mine, other] = [await signIn('north'), await signIn('north')];
  await signOut('south', mine.cookie);
  expect(await queue('south', mine.cookie)).toBe(303);
  await eventually(async () => await queue('north', mine.cookie) === 303, 'the other desk', 1_000);
  expect([await queue('north', other.cookie), await queue('south', other.cookie)]).toEqual([200, 200]);
});

it('an admin ends all sign-ins of a person, everywhere within a second, for good, whatever is written to Redis', async () => {
  const [one, two] = [await signIn('north'), await signIn('south')];
  const out = async () => Promise.all(NAMES.flatMap((name) => [one, two].map(({ cookie }) => queue(name, cookie))));
  expect(await out()).toEqual([200, 200, 200, 200]);
  expect(await endAll('south')).toEqual({ person: 'lee@example.com', everywhere: true });
  await eventually(async () => (await out()).every((status) => status === 303), 'all desks', 1_000);
  for (const name of NAMES) expect((await recorded(name)).at(-1)).toMatchObject({ kind: 'person.signed_out', person: 'lee@example.com', by: 'dana@example.com', reason: 'laptop stolen' });

  const records = () => withRedis(redis.url, (attacker) => attacker.hgetall(`${BASE}:sign-outs`));
  const [old = ''] = Object.entries(await records()).filter(([name]) => name.endsWith(' lee@example.com')).map(([, record]) => record);
  const { cookie } = await signIn('north');
  await endAll('north');
  await withRedis(redis.url, async (attacker) => {
    for (const name of Object.keys(await records())) await attacker.hset(`${BASE}:sign-outs`, name, old);
    await attacker.publish(`${BASE}:changes`, 'sign-outs changed');
  });
  await restart('north');
  expect([...await out(), await queue('north', cookie)]).toEqual([303, 303, 303, 303, 303]);
  // Now nobody but Redis could tell, and Redis knows nothing.
  await withRedis(redis.url, (attacker) => attacker.flushall());
  for (const name of NAMES) await restart(name);
  expect([...await out(), await queue('north', cookie), await queue('south', cookie)]).toEqual([303, 303, 303, 303, 303, 303]);
  expect((await recorded('north')).filter(({ kind }) => kind === 'person.signed_out')).toHaveLength(3);
}, 30_000);
