/** No room for the journal: nothing runs unrecorded, agents are told, and work goes on when there is room. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { loadPublicKey } from '../../src/runtime/keys.ts';
import { eventually } from '../scenarios/world.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames, WireClient } from '../support/wire.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';

const POLICY = `version: 1
default: hold
rules:
  - { name: marks, effects: [read, insert, transaction], then: allow }
  - { name: told, effects: [notify], then: hold, approvers: [dba], within: 1m }
`;
const UNRECORDED = /^B ErrorResponse .*C="58030".*H="/;

const dir = scratch();
const disk = join(dir, 'journal');
const mounted = mount();
if (!mounted) console.warn('disk-full: LEFT OUT, since this user may not mount a tmpfs (run as root)');

let server: TestPostgres;
let proxy: ChildProxy;

function mount(): boolean {
  try {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Takes all room there is; `giveBack` returns it. */
function fill(): void {
  const { bfree, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(bfree * bsize));
}

const giveBack = (): void => rmSync(join(disk, 'ballast'));

beforeAll(async () => {
  if (!mounted) return;
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop owner app');
  await server.query('set role app; create table ran (mark text)', [], 'shop');
  proxy = await startChild({ dir, upstream: `postgres://app@${server.host}:${server.port}/shop`, policy: POLICY });
});

afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
  if (mounted) execFileSync('umount', ['--lazy', disk]);
  remove(dir);
});

const insert = (mark: string): string => `insert into ran values ('${mark}') -- ${'x'.repeat(2_000)}`;
const ran = async (): Promise<string[]> => (await server.query<{ mark: string }>('select mark from ran', [], 'shop')).map(({ mark }) => mark);

/** Statements one after the other until one is refused; how many ran. */
async function untilRefused(client: WireClient, name: string): Promise<number> {
  for (let number = 0; ; number++) {
    const [line = '', ready] = await client.query(insert(`${name}-${number}`));
    if (line.startsWith('B CommandComplete')) continue;
    expect(line).toMatch(UNRECORDED);
    expect(ready).toBe('B ReadyForQuery I');
    return number;
  }
}

it.skipIf(!mounted)('nothing runs unrecorded, the connections live on, and all works when there is room again', async () => {
  const [simple, extended, holding, late] = await Promise.all([WireClient.login(proxy.login), WireClient.login(proxy.login), WireClient.login(proxy.login), WireClient.login(proxy.login)]);
  holding.send(frames.query(`notify news, 'released into a full disk'`));
  const [notice = ''] = await holding.until('NoticeResponse');
  fill();
  const before = await untilRefused(simple, 'simple');
  expect((await ran()).length).toBe(before);

  // A pipeline is refused at its first statement, and keeps its step.
  extended.send(...['a', 'b'].flatMap((mark) => [frames.parse({ text: insert(mark) }), frames.bind({}), frames.execute({})]), frames.sync());
  const answer = await extended.until('ReadyForQuery');
  expect(answer.filter((line) => line.startsWith('B ErrorResponse'))).toEqual([expect.stringMatching(UNRECORDED)]);
  expect(answer.at(-1)).toBe('B ReadyForQuery I');

  // A decision can't be taken back, but what it releases must not run without its record.
  await proxy.call(`/api/v1/requests/${/req_\w+/.exec(notice)?.[0]}/decision`, { decision: 'approve' }).catch(() => undefined);
  expect((await holding.until('ReadyForQuery'))[0]).toMatch(UNRECORDED);
  // What would have to be held can't be: its request would not be recorded.
  expect((await late.query(`notify news, 'asked of a full disk'`))[0]).toMatch(UNRECORDED);
  expect((await fetch(`${proxy.api}/readyz`)).status).toBe(503);
  expect((await ran()).length).toBe(before);

  giveBack();
  await eventually(async () => (await fetch(`${proxy.api}/readyz`)).ok, 'there is room again');
  for (const client of [simple, extended, holding, late]) expect((await client.query(insert('after')))[0]).toBe('B CommandComplete "INSERT 0 1"');
  late.send(frames.query(`notify news, 'held again'`));
  const [again = ''] = await late.until('NoticeResponse');
  await proxy.call(`/api/v1/requests/${/req_\w+/.exec(again)?.[0]}/decision`, { decision: 'approve' });
  expect((await late.until('ReadyForQuery'))[0]).toContain('CommandComplete');
  await proxy.stop();

  const report = await verifyJournal({ dir: disk, publicKey: loadPublicKey(join(dir, 'checkpoints.pem')), decisionKeys: [loadPublicKey(join(dir, 'decisions.pem'))] });
  expect(report).toMatchObject({ ok: true, unsigned: 0 });
  const events = (await Array.fromAsync(readJournal(disk))).map(({ event }) => event);
  const recorded = events.flatMap((event) => (event.kind === 'statement' && event.fate === 'run' && event.text.startsWith('insert') ? [/'(.*)'/.exec(event.text)?.[1]] : []));
  expect(new Set(await ran())).toEqual(new Set(recorded));
  expect(recorded).toHaveLength((await ran()).length);
  expect(events.some((event) => event.kind === 'outage')).toBe(true);
  expect(JSON.stringify(events)).not.toContain('asked of a full disk');
}, 60_000);
