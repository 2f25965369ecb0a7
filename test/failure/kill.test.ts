/**
 * The promise of the journal, tried on the whole proxy: killed without warning at any moment, no statement that has
 * reached the server is missing from it. The server's own log is the witness: each statement carries a mark of its own.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { JournalRecord } from '../../src/journal/events.ts';
import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { loadPublicKey } from '../../src/runtime/keys.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';
import { approving, type Marks, offering } from './load.ts';

const KILLS = Number(process.env['COUNTERSIGN_TEST_KILLS'] ?? 50);
/** Proxies that are killed again and again side by side, each with a journal of its own: one starts while another works. */
const LANES = 2;
/** Of load, once it flows. */
const LONGEST_MS = 250;
const KINDS = ['simple', 'simple', 'extended', 'held', 'held'] as const;
const POLICY = `version: 1
default: hold
rules:
  - { name: reads, effects: [read], then: allow }
  - { name: told, effects: [notify], then: hold, approvers: [dba], within: 1m }
`;

let server: TestPostgres;
const dirs: string[] = [];

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }], settings: { log_statement: 'all', log_min_messages: 'warning', max_connections: 60 } });
  await server.query('create database shop owner app');
});

afterAll(async () => {
  await server?.stop();
  dirs.forEach(remove);
});

it(`killed ${KILLS} times under load, nothing that reached the server is missing from the journal`, async () => {
  const marks: Marks = { sent: 0 };
  const began = performance.now();
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => live(lane, Math.ceil(KILLS / LANES), marks)));
  await everyBackendGone();

  const records = lanes.flat();
  const recorded = new Map(records.flatMap(({ event }) => (event.kind === 'statement' && event.fate === 'run' ? marksOf(JSON.stringify([event.text, event.parameters])).map((mark) => [mark, event] as const) : [])));
  const reached = new Set(marksOf(readFileSync(server.logFile, 'utf8')));
  expect([...reached].filter((mark) => !recorded.has(mark))).toEqual([]);

  const opened = new Set(records.flatMap(({ event }) => (event.kind === 'request.opened' ? [event.request] : [])));
  const decided = new Set(records.flatMap(({ event }) => (event.kind === 'request.decided' && event.decision === 'approve' ? [event.request] : [])));
  const held = [...reached].filter((mark) => mark.includes('held')).map((mark) => recorded.get(mark)?.request);
  expect(held.filter((request) => request === undefined || !opened.has(request) || !decided.has(request))).toEqual([]);
  // The load was one: in every round something ran, in most of them something released.
  const kinds = ['simple', 'extended', 'held'].map((kind) => [kind, [...reached].filter((mark) => mark.includes(kind)).length] as const);
  console.log(`${KILLS} kills in ${Math.round(performance.now() - began)} ms: ${marks.sent} statements sent, ${reached.size} reached the server (${kinds.map((pair) => pair.join(' ')).join(', ')}), ${recorded.size} recorded`);
  for (const [, count] of kinds) expect(count).toBeGreaterThan(KILLS / 2);
}, 600_000);

/** One journal's life: killed so many times, verified after each restart. All its records. */
async function live(lane: number, kills: number, marks: Marks): Promise<JournalRecord[]> {
  const dir = scratch();
  dirs.push(dir);
  const upstream = `postgres://app@${server.host}:${server.port}/shop`;
  for (let round = 0; round < kills; round++) {
    const proxy = await startChild({ upstream, policy: POLICY, dir });
    await Promise.all([verified(dir), loadAndKill(proxy, `${lane}.${round}`, marks)]);
  }
  const last = await startChild({ upstream, policy: POLICY, dir });
  await last.stop();
  await verified(dir);
  return Array.fromAsync(readJournal(join(dir, 'journal')));
}

/** Killed at a random moment once everything flows. */
async function loadAndKill(proxy: ChildProxy, name: string, marks: Marks): Promise<void> {
  const over = new AbortController();
  const agents = KINDS.map((kind, index) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { over: offering(proxy, kind, `${name}.${index}`, marks, resolve), flowing: promise };
  });
  const approver = approving(proxy, over.signal);
  await Promise.all(agents.map(({ flowing }) => flowing));
  await pause(Math.random() * LONGEST_MS);
  proxy.signal('SIGKILL');
  over.abort();
  await Promise.all([proxy.ended, approver, ...agents.map((agent) => agent.over)]);
}

async function verified(dir: string): Promise<void> {
  const report = await verifyJournal({ dir: join(dir, 'journal'), publicKey: loadPublicKey(join(dir, 'checkpoints.pem')), decisionKeys: [loadPublicKey(join(dir, 'decisions.pem'))] });
  expect(report.problem).toBeUndefined();
}

/** What lay in a server's socket when its client was killed still runs. */
async function everyBackendGone(): Promise<void> {
  for (;;) {
    const [row] = await server.query<{ n: number }>(`select count(*)::int as n from pg_stat_activity where usename = 'app'`);
    if (row?.n === 0) return;
    await pause(20);
  }
}

function marksOf(text: string): string[] {
  return text.match(/mark-(?:simple|extended|held)-[\w.]+/g) ?? [];
}
